"""Two directions for each factor of the explorer: where codes go if the factor grows, and in which a map reads it.

From the codes of some validation images, two steps are taken down and up. The factor of the decoded images is measured.
`python -m benchmarks.directions` prints the table of docs/explore.md, from the models of the first seed.
"""

from collections.abc import Iterator

import numpy as np
import torch
from jaxtyping import Float

from latente.analyses import representation
from latente.analyses.representation import Sample
from latente.codes import latents
from latente.codes.latents import Latents
from latente.data import splits
from latente.determinism import threads
from latente.explorer import factors
from latente.measures import factor_regression
from latente.measures import factors as image_factors
from latente.measures.judge import ensemble
from latente.measures.judge.ensemble import Judge
from latente.models.network import weights
from latente.models.network.autoencoder import Autoencoder
from latente.project import params, paths
from latente.results.labels import label
from latente.study import tables

Directions = Float[np.ndarray, "factors latent"]

IMAGES, STEPS = 300, (-2.0, 2.0)


def main() -> None:
    """Print the table."""
    threads.limit(1)
    study = params.load()
    images, seed = splits.load(paths.raw(), study.split), study.study.seeds[0]
    sample, _ = representation.draw(images, study.analysis("representation", representation.Options))
    judge, rows = ensemble.load(paths.judge()), list[list[str]]()
    for model in study.study.models:
        net, codes = weights.load(paths.weights(model, seed)), latents.load(paths.latents(model, seed))
        for name, found in (
            ("where codes go", factors.directions(codes, sample)),
            ("a map reads", read(codes, sample)),
        ):
            changes, accepted = np.array(list(_followed(net, codes, found, sample, judge))).T
            shown = f"{changes.min():.2f} to {changes.max():.2f}", f"{accepted.min():.0%} to {accepted.max():.0%}"
            rows.append([label(model), name, *shown])
    print(tables.render("markdown", ["model", "direction", "change for one step", "accepted"], rows))


def read(codes: Latents, sample: Sample) -> Directions:
    """The shortest changes of a code that make a linear map read one standard deviation more of each factor."""
    mean = codes.only("train").mean[sample.train].astype(np.float64)
    values = factor_regression.inside(sample.train_factors, sample.train_labels)
    maps, _ = factor_regression.coefficients(factor_regression.inside(mean, sample.train_labels), values)
    return np.asarray((maps / np.square(maps).sum(0) * values.std(0)).T)


@torch.no_grad()
def _followed(
    net: Autoencoder, codes: Latents, directions: Directions, sample: Sample, judge: Judge
) -> Iterator[tuple[float, float]]:
    """For each factor: its change for one step in standard deviations, and the share of accepted images."""
    start = codes.only("validation").mean[:IMAGES]
    spread = factor_regression.inside(sample.train_factors, sample.train_labels).std(0)

    def decoded(code: Float[np.ndarray, "images latent"]) -> torch.Tensor:
        return net.decode(torch.tensor(code, dtype=torch.float32)).sigmoid()

    def measured(x: torch.Tensor, number: int) -> Float[np.ndarray, " images"]:
        return np.asarray(image_factors.measure(x.numpy()).table(list(sample.names))[:, number] / spread[number])

    for number, direction in enumerate(directions):
        moved = [decoded(start + step * direction) for step in STEPS]
        down, up = (measured(x, number).mean() for x in moved)
        accepted = np.mean([ensemble.predict(judge, x).accepted.mean() for x in moved])
        yield float((up - down) / (STEPS[1] - STEPS[0])), float(accepted)


if __name__ == "__main__":
    main()
