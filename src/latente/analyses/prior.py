"""Generation: digits decoded from the prior, and from densities fitted to the codes afterwards."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, TypeVar

import numpy as np
import torch
from jaxtyping import Float, Float64
from matplotlib.figure import Figure
from pydantic import Field
from torch import Tensor

from latente import fidelity, figures, groups
from latente.autoencoder import Autoencoder
from latente.data import batches
from latente.data.mnist import CLASSES, Images
from latente.data.splits import Splits, stratified
from latente.densities import densities
from latente.groups import Replicates
from latente.judge import Classifier, opinion
from latente.latents import Latents
from latente.params import Section, Seed, Share
from latente.result import Grid, Result

T = TypeVar("T")

_DENSITY_TITLES = {"standard": "N(0, I)", "gaussian": "fitted Gaussian", "mixture": "fitted mixture"}


class Options(Section):
    """How many samples, how they are judged, and how many are shown."""

    samples: Annotated[int, Field(ge=20, le=60_000)]
    components: Annotated[int, Field(ge=1, le=100)]
    accept: Share
    neighbours: Annotated[int, Field(ge=1, le=19)]
    memory: Annotated[int, Field(ge=1, le=60_000)]
    examples: Annotated[int, Field(ge=8, le=400, multiple_of=8)]
    seed: Seed


@dataclass(frozen=True)
class Yardstick:
    """What generated images are held against: real training images, and the sharpness of real test images."""

    judge: Classifier
    real: fidelity.Reference
    train: Float[Tensor, "train 784"]
    sharpness: float
    options: Options


@dataclass(frozen=True)
class Scored:
    """Scores of a set of images, some also with each group of images left out."""

    metrics: dict[str, float]
    replicates: dict[str, Replicates]

    def under(self, level: str) -> "Scored":
        """The same, a level deeper."""
        return Scored(
            {f"{level}.{name}": value for name, value in self.metrics.items()},
            {f"{level}.{name}": value for name, value in self.replicates.items()},
        )


@torch.no_grad()
def analyse(
    nets: Grid[Autoencoder], codes: Grid[Latents], images: Splits, judge: Classifier, options: Options
) -> Result:
    """Score samples of every model from every density, and as many real test images in the same way (`test_images`).

    The densities are fitted to one posterior sample of every training image: what the decoder was trained on. Beside
    them stands `reconstructed`: the same test images, decoded from their mean codes.
    """
    yardstick = _yardstick(images, judge, options)
    count = min(options.samples, len(images.test))  # of all sets, because recall and coverage grow with it
    chosen = stratified(images.test.labels, count, options.seed)
    test = _grey(images.test[chosen])
    found: dict[str, dict[str, list[Scored]]] = {"test_images": {"data": [score(test, yardstick)]}}
    shown: dict[str, dict[str, Float[np.ndarray, "images 784"]]] = {}
    for model, seeds in nets.items():
        for seed, net in seeds.items():
            fitted = codes[model][seed].only("train").sample
            scored = [score(_decoded(net, net.posterior(test).mean), yardstick).under("reconstructed")]
            for density, draw in densities(options.components).items():
                x = _decoded(net, torch.tensor(draw(fitted, count, options.seed)))
                scored.append(score(x, yardstick).under(density))
                shown.setdefault(model, {}).setdefault(density, x[: options.examples].numpy())
            found.setdefault(model, {})[str(seed)] = scored
    scores = _gathered(found, lambda each: each.metrics)
    drawn = {"samples": _draw_samples(shown), "accepted": _draw_accepted(scores, options)}
    return Result(scores, drawn, _gathered(found, lambda each: each.replicates))


def score(x: Float[Tensor, "images 784"], yardstick: Yardstick) -> Scored:
    """How much images look like real digits.

    Returns:
        judge_confidence: Mean probability of the judge's class; higher is surer.
        accepted: Share of images with a confidence above the threshold; higher is better.
        class_coverage: Effective number of classes over ten, in (0, 1]: exponential of the entropy of the judge's
            classes; 1 if all are equally frequent.
        fid: Fréchet distance in the judge's features; lower is better.
        precision, recall, density, coverage: See `latente.fidelity.prdc`; higher is better.
        sharpness: Mean absolute difference of adjacent pixels over that of real test images; 1 is as sharp.
        nearest_train: Mean distance to the nearest training image, in pixel space (0 is a copy), over some images.
        Those that are means over images also with each group left out: of generated images, but of real ones for
        recall and coverage; the neighbourhoods stay.
    """
    said = opinion(yardstick.judge, x)
    share = torch.bincount(said.digit, minlength=CLASSES).double() / len(x)
    means = {
        "judge_confidence": said.confidence.double().numpy(),
        "accepted": (said.confidence > yardstick.options.accept).double().numpy(),
        **fidelity.prdc(yardstick.real, said.features),
        "sharpness": sharpness(x).numpy() / yardstick.sharpness,
    }
    values = {
        "class_coverage": float(torch.special.entr(share).sum().exp()) / CLASSES,
        "fid": fidelity.frechet_distance(yardstick.real.features.numpy(), said.features.numpy()),
        "nearest_train": float(fidelity.nearest(x[: yardstick.options.memory], yardstick.train).double().mean()),
    }
    return Scored(
        values | {name: float(each.mean()) for name, each in means.items()},
        {name: groups.left_out(each) for name, each in means.items()},
    )


def sharpness(x: Float[Tensor, "images 784"]) -> Float64[Tensor, " images"]:
    """Mean absolute difference between adjacent pixels of each image, across and down; grey levels in [0, 1]."""
    pictures = x.reshape(-1, 28, 28).double()
    return (pictures.diff(dim=1).abs().mean((1, 2)) + pictures.diff(dim=2).abs().mean((1, 2))) / 2


def _decoded(net: Autoencoder, z: Float[Tensor, "codes latent"]) -> Float[Tensor, "codes 784"]:
    return torch.cat([net.decode(part).sigmoid() for part in z.split(1000)])


def _gathered(
    found: dict[str, dict[str, list[Scored]]], part: Callable[[Scored], dict[str, T]]
) -> dict[str, dict[str, dict[str, T]]]:
    """One part of all scores of a subject and seed, in one level."""
    return {
        subject: {
            seed: {name: value for each in scored for name, value in part(each).items()}
            for seed, scored in seeds.items()
        }
        for subject, seeds in found.items()
    }


def _yardstick(images: Splits, judge: Classifier, options: Options) -> Yardstick:
    train = _grey(images.train)
    size = min(options.samples, len(train))
    real = opinion(judge, train[torch.tensor(stratified(images.train.labels, size, options.seed))]).features
    reference = fidelity.reference(real, options.neighbours)
    return Yardstick(judge, reference, train, float(sharpness(_grey(images.test)).mean()), options)


def _grey(images: Images) -> Float[Tensor, "images 784"]:
    return batches.grey(batches.pixels(images))


def _draw_samples(shown: Mapping[str, Mapping[str, Float[np.ndarray, "images 784"]]]) -> Figure:
    drawn = figures.figure(2.3 * len(shown))
    grid = drawn.subplots(len(shown), len(_DENSITY_TITLES), squeeze=False)
    for row, (model, samples) in zip(grid, shown.items(), strict=True):
        for axes, (density, x) in zip(row, samples.items(), strict=True):
            figures.mosaic(axes, x, columns=8)
            axes.set_title(f"{figures.label(model)}, {_DENSITY_TITLES[density]}", fontsize=10)
    return drawn


def _draw_accepted(scores: Mapping[str, Mapping[str, Mapping[str, float]]], options: Options) -> Figure:
    drawn = figures.figure(3.5)
    panels = {
        "accepted": f"share accepted by the judge (> {options.accept:g})",
        "fid": "Fréchet distance (lower is better)",
    }
    models = {name: seeds for name, seeds in scores.items() if name != "test_images"}
    for axes, (metric, title) in zip(drawn.subplots(1, 2), panels.items(), strict=True):
        groups = {
            _DENSITY_TITLES[density]: {
                figures.label(model): [values[f"{density}.{metric}"] for values in seeds.values()]
                for model, seeds in models.items()
            }
            for density in _DENSITY_TITLES
        }
        figures.seeds_and_mean(axes, groups)
        axes.axhline(scores["test_images"]["data"][metric], color="black", linestyle="--", label="real test digits")
        axes.set_title(title, fontsize=10)
    figures.legend(drawn)
    return drawn
