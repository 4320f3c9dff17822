"""Generation: digits decoded from the prior, and from densities fitted to the codes afterwards."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import torch
from jaxtyping import Float
from matplotlib.figure import Figure
from pydantic import Field
from torch import Tensor

from latente import fidelity, figures
from latente.autoencoder import Autoencoder
from latente.data import batches
from latente.data.mnist import CLASSES, Images
from latente.data.splits import Splits, stratified
from latente.densities import densities
from latente.judge import Classifier, opinion
from latente.latents import Latents
from latente.params import Section, Seed, Share
from latente.result import Grid, Result

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


@torch.no_grad()
def analyse(
    nets: Grid[Autoencoder], codes: Grid[Latents], images: Splits, judge: Classifier, options: Options
) -> Result:
    """Score samples of every model from every density, and as many real test images in the same way (`test_images`).

    The densities are fitted to one posterior sample of every training image: what the decoder was trained on.
    """
    yardstick = _yardstick(images, judge, options)
    test = images.test[stratified(images.test.labels, min(options.samples, len(images.test)), options.seed)]
    scores: dict[str, dict[str, dict[str, float]]] = {"test_images": {"data": score(_grey(test), yardstick)}}
    shown: dict[str, dict[str, Float[np.ndarray, "images 784"]]] = {}
    for model, seeds in nets.items():
        for seed, net in seeds.items():
            fitted = codes[model][seed].only("train").sample
            for density, draw in densities(options.components).items():
                z = draw(fitted, options.samples, options.seed)
                x = torch.cat([net.decode(part).sigmoid() for part in torch.tensor(z).split(1000)])
                values = {f"{density}.{name}": value for name, value in score(x, yardstick).items()}
                scores.setdefault(model, {}).setdefault(str(seed), {}).update(values)
                shown.setdefault(model, {}).setdefault(density, x[: options.examples].numpy())
    return Result(scores, {"samples": _draw_samples(shown), "accepted": _draw_accepted(scores, options)})


def score(x: Float[Tensor, "images 784"], yardstick: Yardstick) -> dict[str, float]:
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
    """
    said = opinion(yardstick.judge, x)
    share = torch.bincount(said.digit, minlength=CLASSES).double() / len(x)
    memory = yardstick.options.memory
    return {
        "judge_confidence": float(said.confidence.double().mean()),
        "accepted": float((said.confidence > yardstick.options.accept).double().mean()),
        "class_coverage": float(torch.special.entr(share).sum().exp()) / CLASSES,
        "fid": fidelity.frechet_distance(yardstick.real.features.numpy(), said.features.numpy()),
        **fidelity.prdc(yardstick.real, said.features),
        "sharpness": sharpness(x) / yardstick.sharpness,
        "nearest_train": float(fidelity.nearest(x[:memory], yardstick.train).double().mean()),
    }


def sharpness(x: Float[Tensor, "images 784"]) -> float:
    """Mean absolute difference between adjacent pixels, across and down; grey levels in [0, 1]."""
    pictures = x.reshape(-1, 28, 28).double()
    return float((pictures.diff(dim=1).abs().mean() + pictures.diff(dim=2).abs().mean()) / 2)


def _yardstick(images: Splits, judge: Classifier, options: Options) -> Yardstick:
    train = _grey(images.train)
    size = min(options.samples, len(train))
    real = opinion(judge, train[torch.tensor(stratified(images.train.labels, size, options.seed))]).features
    reference = fidelity.reference(real, options.neighbours)
    return Yardstick(judge, reference, train, sharpness(_grey(images.test)), options)


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
