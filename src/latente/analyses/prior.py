"""Generation: images decoded from the prior, and from densities fitted to the codes of a trained model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import torch
from jaxtyping import Bool, Float, Shaped
from matplotlib.figure import Figure
from pydantic import Field
from torch import Tensor

from latente.codes.densities import DENSITIES, Drawn
from latente.codes.latents import Latents
from latente.codes.mixtures import Chosen, choose
from latente.data import batches
from latente.data.images import Images
from latente.data.sampling import two_parts
from latente.data.splits import Splits
from latente.measures import frechet, memorisation, prdc
from latente.measures.frechet import Gaussian
from latente.measures.judge import ensemble
from latente.measures.judge.ensemble import Judge, Prediction, predict
from latente.measures.sharpness import Expected, sharpness
from latente.models.network.autoencoder import Autoencoder
from latente.project.types import Items, Section, Seed
from latente.results import figures, jackknife
from latente.results.grid import Grid
from latente.results.labels import colour, label
from latente.results.measurement import Measurement, Measurements
from latente.results.result import Result

Pixels = Float[Tensor, "images pixels"]
Samples = Mapping[str, Float[np.ndarray, "shown pixels"]]
"""Density -> some of the images decoded from it."""

_TITLES = {"standard": "the prior", "gaussian": "fitted Gaussian", "mixture": "chosen mixture"}


class Options(Section):
    """Number of samples; Gaussians to choose from, and codes that fit them; options of the scores; samples shown."""

    samples: Annotated[int, Field(ge=20, le=5000)]
    components: Items[Annotated[int, Field(ge=1, le=1000)]]
    fitted: Annotated[int, Field(ge=100, le=60_000)]
    neighbours: Annotated[int, Field(ge=1, le=19)]
    memory: Annotated[int, Field(ge=1, le=60_000)]
    examples: Annotated[int, Field(ge=8, le=400, multiple_of=8)]
    seed: Seed


@dataclass(frozen=True)
class Reference:
    """What generated images are compared with: some of the real test images.

    Attributes:
        judge: Accepts and rejects images; its networks have the features.
        gaussians: One Gaussian of the features for each network: of all images, then without each group of images.
        real: Neighbourhoods in the features of the first network.
        train: Training images, of which samples could be copies.
        sharpness: Mean of the real images.
        expected: Sharpness of real images by ink.
        thresholds: Percentage of the validation images -> the threshold that accepts it.
    """

    judge: Judge
    gaussians: Sequence[Sequence[Gaussian]]
    real: prdc.Reference
    train: Pixels
    sharpness: float
    expected: Expected
    thresholds: Mapping[str, float]


@dataclass(frozen=True)
class Trained:
    """The results of one training: its measurement, the samples to show, and the choice of its mixture."""

    measurement: Measurement
    shown: Samples
    chosen: Chosen


@torch.no_grad()
def analyse(nets: Grid[Autoencoder], codes: Grid[Latents], images: Splits, judge: Judge, options: Options) -> Result:
    """Score samples of every model and every density, and as many real test images (subject `test_images`).

    All sets have the same size, because distances and coverage depend on it: the reference has one half of the test
    images, or `samples` of them, and the subject `test_images` has as many others. So the values of `test_images` are
    the floor: those of perfect samples. The level `reconstructed` has the images of `test_images`, decoded from their
    mean codes.

    The densities are fitted to one posterior sample of every training image, because the decoder was trained on such
    samples. The mixture is fitted to fewer of them, and validation codes choose its number of Gaussians: see `choose`.
    """
    count = min(options.samples, len(images.test) // 2)
    first, others = two_parts(images.test.labels, len(images.test) // 2, options.seed)
    compared = reference(images, images.test[first[:count]], judge, options)
    held = others[:count]
    test = batches.whole(images.test[held])
    trained = nets.zip(codes).map(lambda both: _trained(*both, test, compared, options))
    measurements: dict[str, dict[str, Measurement]] = trained.map(lambda one: one.measurement).by_name
    measurements["test_images"] = {"data": score(test, compared, options)}
    drawn = {
        "samples": _draw_samples({model: one.shown for model, one in trained.first.items()}),
        "accepted": _draw_accepted(measurements),
        "mixtures": _draw_mixtures(trained.map(lambda one: one.chosen)),
    }
    return Result(measurements, drawn)


def score(x: Pixels, reference: Reference, options: Options) -> Measurement:
    """Measure how much images look like real images.

    Args:
        x: As many images as the reference has.
        reference: Real images.
        options: Number of images compared with the training images.

    Returns:
        judge_confidence: Mean probability of the class that the judge predicts; higher is more certain.
        accepted: Share of images that the judge accepts; higher is better.
        sweep.N.accepted: The same with the threshold that accepts N % of the validation images.
        class_coverage: Effective number of predicted classes, divided by the number of classes: the exponential of the
            entropy of the class frequencies. In (0, 1]; 1 if all classes are equally frequent. Images without labels
            have none.
        fid: Fréchet distance to the reference, mean over the networks of the judge; lower is better.
        precision, recall, density, coverage: See `latente.measures.prdc`, in the features of the first network; higher
            is better. Recall counts outliers as variety (Naeem et al. 2020), and coverage does not.
        sharpness: Mean absolute difference of adjacent pixels, divided by that of real images; 1 is as sharp as they.
        sharpness_at_ink: The same, divided by that of real images with as much ink: see `sharpness.Expected`.
        class.N.sharpness: Sharpness of the images that the judge assigns to class N, if there are any.
        nearest_train: Mean distance to the nearest training image, in pixel space, for some images; 0 is a copy.

        Most metrics also have values without each group of images: of generated images, for recall and coverage of
        real images, and for `fid` of both. The neighbourhoods do not change.
    """
    prediction = predict(reference.judge, x)
    relative = sharpness(x).numpy() / reference.sharpness
    whole = {
        **_class_coverage(prediction, reference.judge.networks[0].outlier),
        "nearest_train": float(memorisation.nearest(x[: options.memory], reference.train).double().mean()),
        **_by_class(relative, prediction),
    }
    return (
        Measurement(whole)
        | _fid(prediction, reference)
        | Measurement.over_images(
            {
                "judge_confidence": prediction.confidence.double().numpy(),
                "accepted": prediction.accepted,
                **_sweep(prediction, reference),
                **prdc.prdc(reference.real, prediction.features[0]),
                "sharpness": relative,
                "sharpness_at_ink": reference.expected.at_ink(x),
            }
        )
    )


def _trained(net: Autoencoder, codes: Latents, test: Pixels, reference: Reference, options: Options) -> Trained:
    train, validation = codes.only("train"), codes.only("validation")
    chosen = choose(train.sample[: options.fitted], validation.sample, options.components, options.seed)
    drawn: dict[str, Drawn] = {name: draw(train, len(test), options.seed) for name, draw in DENSITIES.items()}
    drawn["mixture"] = chosen.draw(len(test), options.seed)
    decoded = {"reconstructed": _decoded(net, net.posterior(test).mean)}
    decoded |= {name: _decoded(net, torch.tensor(z)) for name, z in drawn.items()}
    measurement = _losses(test, decoded["reconstructed"], decoded["standard"], reference) | _of_choice(chosen)
    for name, x in decoded.items():
        measurement |= score(x, reference, options).under(name)
    return Trained(measurement, {name: decoded[name][: options.examples].numpy() for name in drawn}, chosen)


def _losses(test: Pixels, reconstructed: Pixels, samples: Pixels, reference: Reference) -> Measurement:
    """The loss of sharpness of prior samples in two parts, relative to the sharpness of real images.

    `sharpness_loss.decoder` is what reconstructions lose against their originals, and `sharpness_loss.sampling` is what
    samples lose against reconstructions; negative if samples are sharper.
    """
    real, decoded, sampled = (sharpness(x).numpy() / reference.sharpness for x in (test, reconstructed, samples))
    losses = {"decoder": real - decoded, "sampling": decoded - sampled}
    return Measurement.over_images(losses).under("sharpness_loss")


def _of_choice(chosen: Chosen) -> Measurement:
    curve = {f"curve.{components}.log_likelihood": value for components, value in chosen.curve.items()}
    return Measurement({"components": float(chosen.components), **curve}).under("mixture")


def _fid(prediction: Prediction, reference: Reference) -> Measurement:
    def distance(kept: Bool[np.ndarray, " images"], real: Sequence[Gaussian]) -> float:
        return frechet.mean_distance([frechet.fit(own[kept]) for own in prediction.features.numpy()], real)

    parts = zip(_masks(len(prediction.label)), reference.gaussians, strict=True)
    return Measurement.from_parts({"fid": np.array([distance(kept, real) for kept, real in parts])})


def _masks(count: int) -> list[Bool[np.ndarray, " images"]]:
    """Which images to use: first all, then all without each group."""
    group = jackknife.assign(count)
    return [np.ones(count, dtype=bool), *(group != each for each in range(jackknife.GROUPS))]


def _sweep(prediction: Prediction, reference: Reference) -> dict[str, Shaped[np.ndarray, " images"]]:
    return {
        f"sweep.{percentage}.accepted": (prediction.confidence > threshold).numpy()
        for percentage, threshold in reference.thresholds.items()
    }


def _class_coverage(prediction: Prediction, classes: int) -> dict[str, float]:
    share = torch.bincount(prediction.label, minlength=classes).double() / len(prediction.label)
    return {"class_coverage": float(torch.special.entr(share).sum().exp()) / classes} if classes > 1 else {}


def _by_class(values: Float[np.ndarray, " images"], prediction: Prediction) -> dict[str, float]:
    """The mean sharpness of the images of every predicted class."""
    label = prediction.label.numpy()
    return {f"class.{value}.sharpness": float(values[label == value].mean()) for value in np.unique(label)}


def _decoded(net: Autoencoder, z: Float[Tensor, "codes latent"]) -> Pixels:
    return torch.cat([net.decode(part).sigmoid() for part in z.split(1000)])


def reference(images: Splits, real: Images, judge: Judge, options: Options) -> Reference:
    """What to compare generated images with.

    Args:
        images: Training images, and validation images for the thresholds.
        real: Some of the test images, as many as will be generated.
        judge: Scores images.
        options: Number of neighbours.
    """
    x, confidence = batches.whole(real), predict(judge, batches.whole(images.validation)).confidence.numpy()
    features = predict(judge, x).features
    return Reference(
        judge=judge,
        gaussians=[[frechet.fit(own[kept]) for own in features.numpy()] for kept in _masks(len(real))],
        real=prdc.reference(features[0], options.neighbours),
        train=batches.whole(images.train),
        sharpness=float(sharpness(x).mean()),
        expected=Expected.of(x),
        thresholds=ensemble.sweep(confidence),
    )


def _draw_samples(shown: Mapping[str, Samples]) -> Figure:
    drawn = figures.figure(2.3 * len(shown))
    grid = drawn.subplots(len(shown), len(_TITLES), squeeze=False)
    for row, (model, samples) in zip(grid, shown.items(), strict=True):
        for axes, (density, x) in zip(row, samples.items(), strict=True):
            figures.mosaic(axes, x, columns=8)
            axes.set_title(f"{label(model)}, {_TITLES[density]}", fontsize=10)
    return drawn


def _draw_accepted(measurements: Measurements) -> Figure:
    drawn = figures.figure(3.5)
    panels = {"accepted": "share accepted by the judge", "fid": "Fréchet distance (lower is better)"}
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
        axes.axhline(real, color="black", linestyle="--", label="real test images")
        axes.set_title(title, fontsize=10)
    figures.legend(drawn)
    return drawn


def _draw_mixtures(chosen: Grid[Chosen]) -> Figure:
    """The likelihood of validation codes against the number of Gaussians; a ring marks the choice of each seed."""
    drawn = figures.figure(3.2)
    panels = drawn.subplots(1, len(chosen), squeeze=False)[0]
    for index, (axes, (model, seeds)) in enumerate(zip(panels, chosen.items(), strict=True)):
        for one in seeds.values():
            axes.plot(list(one.curve), list(one.curve.values()), ".-", color=colour(index), linewidth=1)
            best = one.components
            axes.plot(best, one.curve[best], "o", markersize=9, fillstyle="none", color="black")
        axes.set_xscale("log")
        axes.set_title(label(model), fontsize=10)
        axes.set_xlabel("Gaussians in the mixture")
        axes.spines[["top", "right"]].set_visible(False)
    panels[0].set_ylabel("log-likelihood (nats per code)")
    return drawn
