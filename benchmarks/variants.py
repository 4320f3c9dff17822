"""Which weights suit the variants? A person runs `python -m benchmarks.variants NAME...`.

The script reads `data/raw` and `data/judge.safetensors`, trains each variant with every candidate from one seed that
has no other part in the project, and prints rows for `docs/variants.md`. It never reads a test image: the candidate
whose samples have the lowest Fréchet distance to validation images is chosen.
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch

from latente.analyses import prior
from latente.codes import encoding, mixtures
from latente.data import batches, description, splits
from latente.data.splits import Splits
from latente.determinism import threads
from latente.measures.judge import ensemble
from latente.models.network import factory
from latente.models.network.autoencoder import Autoencoder, Sizes
from latente.models.training import fit
from latente.project import params, paths
from latente.project.params import Params

SEED = 100
CANDIDATES: Mapping[str, Sequence[Mapping[str, float]]] = {
    "dae": [{"masked": share} for share in (0.1, 0.3, 0.5)],
    "rae": [{"codes": codes, "decoder": decoder} for codes in (0.01, 0.1, 1.0) for decoder in (1e-4, 1e-2)],
    "vamp": [{"components": count} for count in (50, 200)],
    "wae": [{"distance": weight} for weight in (10.0, 100.0, 1000.0, 10_000.0)],
    "infovae": [{"alpha": alpha, "scale": scale} for alpha in (0.0, 0.5) for scale in (10.0, 100.0, 1000.0)],
    "btcvae": [{"beta": beta} for beta in (2.0, 4.0, 6.0)],
}
"""What is tried, in the order of the table."""

FITTED = ("dae", "rae")
"""Variants without a prior: their samples are those of the chosen mixture."""


def main(names: list[str]) -> None:
    """Train, and print a row for every candidate."""
    threads.limit(1)
    study = params.load()
    images = splits.load(paths.raw(), study.split)
    images = replace(images, test=images.validation)  # so that no measure can read a test image
    for name in names or CANDIDATES:
        for candidate in CANDIDATES[name]:
            net = _trained(name, candidate, study, images)
            found = _scores(net, images, study, fitted=name in FITTED)
            cells = [name, ", ".join(f"{key} {value:g}" for key, value in candidate.items())]
            print(f"| {' | '.join([*cells, *found])} |", flush=True)


def _trained(name: str, candidate: Mapping[str, float], study: Params, images: Splits) -> Autoencoder:
    section = factory.options(name).model_validate(candidate)
    net = factory.build(name, Sizes(784, study.study.latent_dim, study.network), section, SEED)
    schedule = description.lasting(study.train, description.load(paths.raw()).epochs.train)
    fit.fit(net, images, schedule, SEED, lambda *_: None)
    return net.eval()


@torch.no_grad()
def _scores(net: Autoencoder, images: Splits, study: Params, *, fitted: bool) -> list[str]:
    """Squared error of reconstructions; and of samples, the share accepted and the Fréchet distance."""
    x, count = batches.whole(images.test), len(images.test) // 2
    codes = encoding.encode(net, images, study.encode.seed)
    train, held = codes.only("train"), codes.only("test")
    options = study.analysis("prior", prior.Options)
    z = train.prior.draw(count, SEED)
    if fitted:
        chosen = mixtures.choose(train.sample[: options.fitted], held.sample, options.components, SEED)
        z = chosen.draw(count, SEED)
    judge = ensemble.load(paths.judge())
    reference = prior.reference(images, images.test[np.arange(count)], judge, options)
    found = prior.score(net.decode(torch.tensor(z)).sigmoid(), reference, options).metrics
    error = (net.decode(net.posterior(x).mean).sigmoid() - x).square().mean()
    return [f"{float(error):.4f}", f"{found['accepted']:.3f}", f"{found['fid']:.2f}"]


if __name__ == "__main__":
    main(sys.argv[1:])
