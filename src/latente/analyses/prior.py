"""Generation: digits decoded from the prior, and from densities fitted to the codes of a trained model."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import torch
from jaxtyping import Float
from matplotlib.figure import Figure
from pydantic import Field
from torch import Tensor

from latente.codes.densities import densities
from latente.codes.latents import Latents
from latente.data import batches
from latente.data.mnist import CLASSES
from latente.data.sampling import stratified
from latente.data.splits import Splits
from latente.measures import frechet, memorisation, prdc
from latente.measures.judge import Classifier, predict
from latente.measures.sharpness import sharpness
from latente.models.network.autoencoder import Autoencoder
from latente.project.types import Section, Seed, Share
from latente.results import figures
from latente.results.grid import Grid
from latente.results.labels import label
from latente.results.measurement import Measurement, Measurements
from latente.results.result import Result

Samples = Mapping[str, Float[np.ndarray, "shown 784"]]
"""Density -> some of the images decoded from it."""

_TITLES = {"standard": "N(0, I)", "gaussian": "fitted Gaussian", "mixture": "fitted mixture"}


class Options(Section):
    """Number of samples, options of their scores, and number of samples shown."""

    samples: Annotated[int, Field(ge=20, le=60_000)]
    components: Annotated[int, Field(ge=1, le=100)]
    accept: Share
    neighbours: Annotated[int, Field(ge=1, le=19)]
    memory: Annotated[int, Field(ge=1, le=60_000)]
    examples: Annotated[int, Field(ge=8, le=400, multiple_of=8)]
    seed: Seed


@dataclass(frozen=True)
class Reference:
    """The reference for generated images: real training images, and the sharpness of real test images."""

    judge: Classifier
    real: prdc.Reference
    train: Float[Tensor, "train 784"]
    sharpness: float
    options: Options


@torch.no_grad()
def analyse(
    nets: Grid[Autoencoder], codes: Grid[Latents], images: Splits, judge: Classifier, options: Options
) -> Result:
    """Score samples of every model and every density, and as many real test images (subject `test_images`).

    The densities are fitted to one posterior sample of every training image, because the decoder was trained on such
    samples. The level `reconstructed` has the same test images, decoded from their mean codes.
    """
    reference = _reference(images, judge, options)
    count = min(options.samples, len(images.test))  # equal for all sets: recall and coverage grow with it
    test = batches.whole(images.test[stratified(images.test.labels, count, options.seed)])
    scored = nets.zip(codes).map(lambda training: _scored(*training, test, reference))
    measurements: dict[str, dict[str, Measurement]] = scored.map(lambda pair: pair[0]).by_name
    measurements["test_images"] = {"data": score(test, reference)}
    drawn = {
        "samples": _draw_samples(scored.map(lambda pair: pair[1]).first),
        "accepted": _draw_accepted(measurements, options),
    }
    return Result(measurements, drawn)


def score(x: Float[Tensor, "images 784"], reference: Reference) -> Measurement:
    """Measure how much images look like real digits.

    Returns:
        judge_confidence: Mean probability of the class that the judge predicts; higher is more certain.
        accepted: Share of images with a confidence above the threshold; higher is better.
        class_coverage: Effective number of predicted classes, divided by ten: the exponential of the entropy of the
            class frequencies. In (0, 1]; 1 if all classes are equally frequent.
        fid: Fréchet distance in the judge's features; lower is better.
        precision, recall, density, coverage: See `latente.measures.prdc`; higher is better.
        sharpness: Mean absolute difference of adjacent pixels, divided by that of real test images; 1 is as sharp as
            real digits.
        nearest_train: Mean distance to the nearest training image, in pixel space, for some images; 0 is a copy.

        Metrics that are means over images also have values without each group of images. The groups are of generated
        images, or of real images for recall and coverage. The neighbourhoods do not change.
    """
    prediction, options = predict(reference.judge, x), reference.options
    share = torch.bincount(prediction.digit, minlength=CLASSES).double() / len(x)
    whole = {
        "class_coverage": float(torch.special.entr(share).sum().exp()) / CLASSES,
        "fid": frechet.frechet_distance(reference.real.features.numpy(), prediction.features.numpy()),
        "nearest_train": float(memorisation.nearest(x[: options.memory], reference.train).double().mean()),
    }
    return Measurement(whole) | Measurement.over_images(
        {
            "judge_confidence": prediction.confidence.double().numpy(),
            "accepted": prediction.accepted(options.accept),
            **prdc.prdc(reference.real, prediction.features),
            "sharpness": sharpness(x).numpy() / reference.sharpness,
        }
    )


def _scored(
    net: Autoencoder, codes: Latents, test: Float[Tensor, "images 784"], reference: Reference
) -> tuple[Measurement, Samples]:
    """The measurement of one training, and the samples to show."""
    options, fitted = reference.options, codes.only("train").sample
    measurement = score(_decoded(net, net.posterior(test).mean), reference).under("reconstructed")
    shown = {}
    for density, draw in densities(options.components).items():
        x = _decoded(net, torch.tensor(draw(fitted, len(test), options.seed)))
        measurement |= score(x, reference).under(density)
        shown[density] = x[: options.examples].numpy()
    return measurement, shown


def _decoded(net: Autoencoder, z: Float[Tensor, "codes latent"]) -> Float[Tensor, "codes 784"]:
    return torch.cat([net.decode(part).sigmoid() for part in z.split(1000)])


def _reference(images: Splits, judge: Classifier, options: Options) -> Reference:
    train = batches.whole(images.train)
    size = min(options.samples, len(train))
    drawn = torch.tensor(stratified(images.train.labels, size, options.seed))
    real = prdc.reference(predict(judge, train[drawn]).features, options.neighbours)
    return Reference(judge, real, train, float(sharpness(batches.whole(images.test)).mean()), options)


def _draw_samples(shown: Mapping[str, Samples]) -> Figure:
    drawn = figures.figure(2.3 * len(shown))
    grid = drawn.subplots(len(shown), len(_TITLES), squeeze=False)
    for row, (model, samples) in zip(grid, shown.items(), strict=True):
        for axes, (density, x) in zip(row, samples.items(), strict=True):
            figures.mosaic(axes, x, columns=8)
            axes.set_title(f"{label(model)}, {_TITLES[density]}", fontsize=10)
    return drawn


def _draw_accepted(measurements: Measurements, options: Options) -> Figure:
    drawn = figures.figure(3.5)
    panels = {
        "accepted": f"share accepted by the judge (confidence > {options.accept:g})",
        "fid": "Fréchet distance (lower is better)",
    }
    models = {name: seeds for name, seeds in measurements.items() if name != "test_images"}
    for axes, (metric, title) in zip(drawn.subplots(1, 2), panels.items(), strict=True):
        groups = {
            _TITLES[density]: {
                label(model): [one.metrics[f"{density}.{metric}"] for one in seeds.values()]
                for model, seeds in models.items()
            }
            for density in _TITLES
        }
        figures.seeds_and_mean(axes, groups)
        real = measurements["test_images"]["data"].metrics[metric]
        axes.axhline(real, color="black", linestyle="--", label="real test digits")
        axes.set_title(title, fontsize=10)
    figures.legend(drawn)
    return drawn
