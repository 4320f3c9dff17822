"""Generalisation: what codes do away from the training images: corrupted and foreign images, and straight paths."""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated

import numpy as np
from jaxtyping import Bool, Float, UInt8
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pydantic import Field

from latente.codes.latents import Latents
from latente.codes.responses import PixelResponses, Responses, Seen
from latente.measures import density_ratio, displacement, hypersphere, linear_probe, novelty
from latente.measures.active_units import measured_units
from latente.measures.density_ratio import DensityRatio
from latente.project.types import Section, Seed
from latente.results import figures
from latente.results.grid import Grid
from latente.results.labels import label
from latente.results.measurement import Measurement, Measurements
from latente.results.result import Result

Train = Float[np.ndarray, "train latent"]
TrainLabels = UInt8[np.ndarray, " train"]

_SCORES = {
    "distortion": "distortion",
    "elbo": "ELBO",
    "ratio": "density ratio",
    "distance": "distance to training codes",
}
"""Scores that should tell foreign images -> their names in the figure."""

_ROBUSTNESS = {"accuracy": "accuracy of the probe", "moved": "distance moved"}

_KINDS = {"one_class": "images of one class", "two_classes": "images of two classes"}


class Options(Section):
    """Options of the measures.

    Attributes:
        active: A unit is active above this variance of its mean. All measures use only active units.
        fitted: Training codes that fit the probe and the density ratio, and to which distances are measured.
        codes_per_component: For each Gaussian of the density ratio.
        neighbours: Training codes whose mean distance is measured.
        seed: Seed of the density ratio.
    """

    active: Annotated[float, Field(ge=0, le=1e6)]
    fitted: Annotated[int, Field(ge=100, le=60_000)]
    codes_per_component: Annotated[int, Field(ge=10, le=60_000)]
    neighbours: Annotated[int, Field(ge=1, le=100)]
    seed: Seed


def analyse(codes: Grid[Latents], responses: Grid[Responses], pixels: PixelResponses, options: Options) -> Result:
    """Measure every model on images that it was not trained for. The subject `pixels` has the paths of mixed pixels."""
    models: Measurements = codes.zip(responses).map(lambda both: respond(*both, options)).by_name
    found = {**models, "pixels": {"data": _accepted(pixels.accepted)}}
    drawn = {
        "corruptions": _draw_corruptions(models, pixels),
        "foreign": _draw_foreign(models),
        "paths": _draw_paths(found),
        "strips": _draw_strips(responses.first, pixels),
    }
    return Result(found, drawn)


def respond(codes: Latents, answers: Responses, options: Options) -> Measurement:
    """What the codes of one training are good for; inactive units do not count.

    Returns:
        clean.accuracy, corrupted.*: See `_robustness`.
        alignment, uniformity: See `hypersphere`; of test images and their lightest corruptions.
        foreign.*: See `_foreign`.
        path.*: See `_paths`.
    """
    units = measured_units(codes.only("train"), options.active)
    codes, answers = codes.of_units(units), answers.of_units(units)
    train, validation = codes.only("train"), codes.only("validation")
    fitted, labels = train.mean[: options.fitted], train.label[: options.fitted]
    ratio = density_ratio.fit(
        train.sample[: options.fitted], validation.sample, train.prior, options.codes_per_component, options.seed
    )
    own = codes.only("test").label[answers.chosen]
    return (
        _robustness(fitted, labels, answers, own)
        | _sphere(answers, fitted.mean(0))
        | _foreign(answers, ratio, fitted, options.neighbours)
        | _paths(answers, ratio)
    )


def _robustness(
    train: Train, train_labels: TrainLabels, answers: Responses, labels: UInt8[np.ndarray, " images"]
) -> Measurement:
    """A probe fitted to clean training codes, on codes of corrupted test images; and how far these codes move.

    Returns:
        clean.accuracy: Of the probe, on the same images without corruption.
        corrupted.KIND.N.accuracy, corrupted.KIND.N.moved: At level N, from 1 (light) to 5; see `displacement`.
        corrupted.KIND.accuracy, corrupted.KIND.moved: Mean over levels.
        corrupted.accuracy, corrupted.moved: Mean over kinds and levels.
        corrupted.lost: clean.accuracy − corrupted.accuracy.
        Images without labels have only `moved`.
    """
    clean_codes, corrupted = answers.clean.mean, list(answers.corrupted)
    codes = np.stack(list(answers.corrupted.values()))
    moved = _by_level("moved", corrupted, displacement.moved(clean_codes, codes, train))
    if len(np.unique(train_labels)) < 2:
        return Measurement.over_images(moved)
    kinds, levels = codes.shape[:2]
    every = np.concatenate([clean_codes, codes.reshape(-1, codes.shape[-1])])
    right = linear_probe.correct(train, train_labels, every, np.tile(labels, 1 + kinds * levels))
    clean, others = right[: len(labels)], right[len(labels) :].reshape(kinds, levels, -1)
    accuracy = _by_level("accuracy", corrupted, others.astype(np.float64))
    lost = clean - accuracy["corrupted.accuracy"]
    return Measurement.over_images({"clean.accuracy": clean, **accuracy, **moved, "corrupted.lost": lost})


def _by_level(
    metric: str, kinds: Sequence[str], each: Float[np.ndarray, "kinds levels images"]
) -> dict[str, Float[np.ndarray, " images"]]:
    """A number of every image: at every level of every kind of corruption, and its means."""
    values = {f"corrupted.{metric}": each.mean((0, 1))}
    for kind, by_level in zip(kinds, each, strict=True):
        values |= {f"corrupted.{kind}.{n + 1}.{metric}": one for n, one in enumerate(by_level)}
        values |= {f"corrupted.{kind}.{metric}": by_level.mean(0)}
    return values


def _sphere(answers: Responses, centre: Float[np.ndarray, " latent"]) -> Measurement:
    clean = hypersphere.directions(answers.clean.mean, centre)
    light = hypersphere.directions(np.stack([codes[0] for codes in answers.corrupted.values()]), centre)
    kernel = hypersphere.potentials(clean)
    return Measurement.over_images({"alignment": hypersphere.alignment(clean, light).mean(0)}) | Measurement.recomputed(
        {"uniformity": lambda kept: hypersphere.uniformity(kernel, kept)}, len(clean)
    )


def _foreign(answers: Responses, ratio: DensityRatio, train: Train, neighbours: int) -> Measurement:
    """AUROC of scores that should tell foreign images from clean test images.

    Likelihoods have a known failure: images of other data sets can have a higher likelihood than those of the own data
    set, if they are simpler (Nalisnick et al. 2019, https://arxiv.org/abs/1810.09136). Then the AUROC is below 0.5.

    Returns:
        foreign.KIND.SCORE_auroc: For one kind of foreign image. Scores: distortion; the ELBO, for models with a rate;
            the density ratio at the mean code; the distance of the mean code to the nearest training codes.
        foreign.SCORE_auroc: Mean over kinds.
    """

    def scores(seen: Seen) -> dict[str, Float[np.ndarray, " _"]]:
        distance = novelty.nearest_distance(train, seen.mean, neighbours)
        cost, rate = seen.distortion.astype(np.float64), seen.rate.astype(np.float64)
        found = {"distortion": cost, "ratio": -ratio.log(seen.mean), "distance": distance}
        return found | ({"elbo": cost + rate} if np.isfinite(answers.clean.rate).all() else {})

    own = scores(answers.clean)
    parts = {
        kind: {name: novelty.auroc(own[name], values) for name, values in scores(seen).items()}
        for kind, seen in answers.foreign.items()
    }
    each = {f"foreign.{kind}.{name}_auroc": values for kind, of in parts.items() for name, values in of.items()}
    means = {f"foreign.{name}_auroc": np.mean([of[name] for of in parts.values()], axis=0) for name in own}
    return Measurement.from_parts(each | means)


def _paths(answers: Responses, ratio: DensityRatio) -> Measurement:
    """Straight paths between two codes; KIND is `one_class` or `two_classes`.

    Returns:
        path.KIND.N.accepted: Share of paths whose image at point N the judge accepts; 1 is the first end.
        path.KIND.accepted: Mean over the points between the ends.
        path.KIND.lost: What the ends have more: share accepted at the two ends − `accepted`.
        path.KIND.N.log_ratio: Mean log density ratio of codes and prior at point N, in nats.
        path.KIND.detour: Length of the path of images, divided by the distance of its ends; see `straight_paths`.
    """
    values: dict[str, np.ndarray] = {}
    for kind, one in answers.paths.items():
        log_ratio = ratio.log(one.mean.reshape(-1, one.mean.shape[-1])).reshape(one.accepted.shape)
        values |= {f"path.{kind}.{n + 1}.log_ratio": column for n, column in enumerate(log_ratio.T)}
        values |= {f"path.{kind}.detour": one.detour}
    return Measurement.over_images(values) | _accepted({kind: one.accepted for kind, one in answers.paths.items()})


def _accepted(accepted: Mapping[str, Bool[np.ndarray, "pairs steps"]]) -> Measurement:
    values: dict[str, np.ndarray] = {}
    for kind, each in accepted.items():
        inner, ends = each[:, 1:-1].mean(1), each[:, [0, -1]].mean(1)
        values |= {f"path.{kind}.{n + 1}.accepted": column for n, column in enumerate(each.T)}
        values |= {f"path.{kind}.accepted": inner, f"path.{kind}.lost": ends - inner}
    return Measurement.over_images(values)


def _draw_corruptions(found: Measurements, pixels: PixelResponses) -> Figure:
    """A column for each kind: an example at every level, the accuracy of the probe, and how far codes move."""
    kinds = list(pixels.examples)
    some = next(iter(next(iter(found.values())).values())).metrics
    shown = {metric: name for metric, name in _ROBUSTNESS.items() if f"corrupted.{metric}" in some}
    drawn = figures.figure(1.0 + 1.8 * len(shown))
    grid = drawn.subplots(
        1 + len(shown), len(kinds), sharey="row", height_ratios=[0.3, *[1] * len(shown)], squeeze=False
    )
    for column, kind in zip(grid.T, kinds, strict=True):
        figures.mosaic(column[0], pixels.examples[kind], len(pixels.examples[kind]))
        column[0].set_title(_shown(kind), fontsize=10)
        for axes, metric in zip(column[1:], shown, strict=True):
            _along(axes, found, f"corrupted.{kind}", metric, len(pixels.examples[kind]))
    for axes, name in zip(grid[1:, 0], shown.values(), strict=True):
        axes.set_ylabel(name)
    for axes in grid[-1]:
        axes.set_xlabel("level", fontsize=8)
    _legend(drawn, grid[1][0])
    return drawn


def _along(axes: Axes, found: Measurements, level: str, metric: str, points: int) -> None:
    """A metric at points that are numbered from 1."""
    groups = {
        label(subject): {float(n): _values(seeds, f"{level}.{n}.{metric}") for n in range(1, points + 1)}
        for subject, seeds in found.items()
    }
    figures.along(axes, groups)
    axes.tick_params(labelsize=8)


def _draw_foreign(found: Measurements) -> Figure:
    """A panel for each score: the AUROC of every kind of foreign image."""
    some = next(iter(next(iter(found.values())).values())).metrics
    kinds = list(dict.fromkeys(name.split(".")[1] for name in some if re.fullmatch(r"foreign\.\w+\.\w+", name)))
    drawn = figures.figure(5.2)
    grid = drawn.subplots(2, 2, sharex=True, sharey=True)
    for axes, (score, title) in zip(grid.flat, _SCORES.items(), strict=True):
        figures.seeds_and_mean(
            axes,
            {
                _shown(kind): {label(m): _values(row, f"foreign.{kind}.{score}_auroc") for m, row in found.items()}
                for kind in kinds
            },
        )
        axes.axhline(0.5, color="black", linewidth=0.8, linestyle="--")
        axes.set_title(title, fontsize=10)
        axes.set_xticks(axes.get_xticks(), [_shown(kind) for kind in kinds], rotation=25, ha="right", fontsize=8)
    for axes in grid[:, 0]:
        axes.set_ylabel("AUROC")
    figures.legend(drawn)
    return drawn


def _draw_paths(found: Measurements) -> Figure:
    """Share accepted and density ratio along the way, with a column for each kind of pair."""
    some = next(iter(found["pixels"].values())).metrics
    points = sum(name.startswith("path.one_class.") and name.endswith(".accepted") for name in some) - 1
    drawn = figures.figure(4.8)
    kinds = {kind: title for kind, title in _KINDS.items() if f"path.{kind}.accepted" in some}
    grid = drawn.subplots(2, len(kinds), sharey="row", squeeze=False)
    models = {subject: seeds for subject, seeds in found.items() if subject != "pixels"}
    for column, (kind, title) in zip(grid.T, kinds.items(), strict=True):
        _along(column[0], found, f"path.{kind}", "accepted", points)
        _along(column[1], models, f"path.{kind}", "log_ratio", points)
        column[0].set_title(title, fontsize=10)
        column[1].set_xlabel("point of the path")
    grid[0][0].set_ylabel("share accepted by the judge")
    grid[1][0].set_ylabel("log density ratio (nats)")
    _legend(drawn, grid[0][0])
    return drawn


def _legend(drawn: Figure, axes: Axes) -> None:
    """One legend below all panels, with the names of one of them."""
    handles, names = axes.get_legend_handles_labels()
    drawn.legend(handles, names, loc="outside lower center", ncols=len(names), frameon=False)


def _draw_strips(responses: Mapping[str, Responses], pixels: PixelResponses) -> Figure:
    """The images along some paths, in each model and in pixels. A thick frame marks what the judge rejects."""
    rows: dict[str, Float[np.ndarray, "_ pixels"]] = {}
    rejected: dict[str, Bool[np.ndarray, " _"]] = {}
    for kind, mixed in pixels.images.items():
        for pair in range(len(mixed)):
            shown = {
                label(model): (one.paths[kind].images, one.paths[kind].accepted) for model, one in responses.items()
            }
            for name, (images, accepted) in {**shown, "pixels": (pixels.images[kind], pixels.accepted[kind])}.items():
                row = f"{name}, {_shown(kind)}, {pair + 1}"
                rows[row], rejected[row] = images[pair], ~accepted[pair]
    return figures.image_rows(rows, framed=rejected)


def _values(seeds: Mapping[str, Measurement], metric: str) -> list[float]:
    return [one.metrics[metric] for one in seeds.values() if metric in one.metrics]


def _shown(kind: str) -> str:
    """How a kind of images is called in figures."""
    return kind.replace("_", " ")
