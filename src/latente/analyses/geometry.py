"""Geometry: measures of every latent space, and differences between latent spaces."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated

import numpy as np
from jaxtyping import Float, Int64, UInt8
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pydantic import Field

from latente.codes.latents import Latents
from latente.data.images import Images
from latente.data.sampling import stratified
from latente.measures import gaussian_nulls, intrinsic_dimension, rate, spectrum
from latente.measures.active_units import active
from latente.measures.cka import alignments, linear_cka
from latente.measures.procrustes import procrustes_distance
from latente.project.types import Items, Section, Seed
from latente.results import figures, jackknife, pairs
from latente.results.grid import Grid
from latente.results.labels import colour, label
from latente.results.measurement import Measurement, Measurements
from latente.results.result import Result

Codes = Float[np.ndarray, "images latent"]
Cloud = Float[np.ndarray, "images features"]
Chosen = Mapping[int, Int64[np.ndarray, " _"]]
"""Number of images -> their indices."""

_KINDS = {
    "": ("-", ""),
    "null.gaussian.": ("--", ", Gaussian"),
    "null.class_gaussian.": (":", ", Gaussian of each class"),
}
"""Level -> line and name in the figure."""


class Options(Section):
    """Threshold of active units; neighbours and images of the intrinsic dimension, and others to compare; seed."""

    active: Annotated[float, Field(ge=0, le=1e6)]
    neighbours: Annotated[int, Field(ge=3, le=99)]
    images: Annotated[int, Field(ge=100, le=10_000)]
    other_neighbours: Items[Annotated[int, Field(ge=3, le=199)]]
    other_images: Items[Annotated[int, Field(ge=100, le=10_000)]]
    seed: Seed


def analyse(codes: Grid[Latents], test: Images, options: Options) -> Result:
    """Measure every latent space on mean test codes, and compare pairs of latent spaces.

    A pair is two models from one seed (subject `ae-vae`) or from two (its level `two_seeds`), or two seeds of one model
    (subject `ae-ae`, the reference; its level `spread` says how much this number varies).
    The subject `pixels` has the intrinsic dimension of the images themselves. The subject `gaussian` has that of as
    many normal points in the latent space, because the estimators underestimate high dimensions. The levels
    `null.gaussian` and `null.class_gaussian` have that of random points with the covariance of the pixels or codes.
    """
    tests = codes.map(lambda every: every.only("test"))
    means = tests.map(lambda every: every.mean.astype(np.float64))
    main, curve = _chosen(test.labels, options)

    def dimensions(points: Cloud) -> Measurement:
        return dimension(points, main, options) | by_images(points, curve, options)

    measurements: dict[str, dict[str, Measurement]] = tests.map(
        lambda every: Measurement(measure(every, options)) | dimensions(every.mean)
    ).by_name
    for model, seeds in tests.items():
        for seed, every in seeds.items():
            for level, null in _nulls(every.mean, test.labels, options.seed):
                measurements[model][str(seed)] |= dimension(null, main, options).under(level)
    pixels = dimensions(test.grey)
    for level, null in _nulls(test.grey, test.labels, options.seed):
        pixels |= dimensions(null).under(level)
    latent_dim = next(iter(means.first.values())).shape[1]
    normal = np.random.default_rng(options.seed).standard_normal((len(main), latent_dim))
    measurements |= compare(means)
    measurements |= {"pixels": {"data": pixels}, "gaussian": {"data": dimension(normal, np.arange(len(main)), options)}}
    drawn = {"spectrum": _draw_spectrum(tests), "likeness": _draw_likeness(means)}
    return Result(measurements, drawn | {"dimension": _draw_dimension(measurements, list(codes), len(main), options)})


def measure(codes: Latents, options: Options) -> dict[str, float]:
    """Measure one latent space.

    Returns:
        active_units: Number of dimensions whose mean has a variance above the threshold (Burda et al. 2016).
        effective_dimension: Participation ratio of the variance spectrum, from 1 to latent_dim.
        variance: Total variance of the mean codes.
        rate.N: Mean KL divergence from the prior, in nats, of the dimension with the N-th largest; not for a point
            posterior.
    """
    variances = spectrum.variances(codes.mean.astype(np.float64))
    rates = rate.by_dimension(codes.mean, codes.logvar)
    return {
        "active_units": float(active(codes.mean, options.active).sum()),
        "effective_dimension": spectrum.effective(variances),
        "variance": float(variances.sum()),
    } | {f"rate.{n}": float(value) for n, value in enumerate(rates, start=1)}


def compare(means: Grid[Codes]) -> dict[str, dict[str, Measurement]]:
    """The likeness of all pairs of latent spaces: subject -> seeds -> likeness."""
    found = pairs.compare(means, likeness)
    for subject, seeds in pairs.of_two_seeds(means, likeness).items():
        found[subject] |= {both: alike.under("two_seeds") for both, alike in seeds.items()}
    within = (pairs.pair(model, model) for model in means)
    return found | {subject: found[subject] | pairs.spread(found[subject]) for subject in within if subject in found}


def likeness(a: Codes, b: Codes) -> Measurement:
    """Similarity of two spaces: `cka`, `mapped_cka` (higher is more similar), `procrustes` (lower is more similar)."""
    return Measurement.from_parts(alignments(a, b)) | Measurement({"procrustes": procrustes_distance(a, b)})


def dimension(points: Cloud, chosen: Int64[np.ndarray, " chosen"], options: Options) -> Measurement:
    """The intrinsic dimension of the chosen points.

    Returns:
        intrinsic_dimension, intrinsic_dimension_mle: See `intrinsic_dimension.intrinsic`; empty where it is.
        k.N.intrinsic_dimension_mle: The same from N neighbours, if there are as many.
    """
    near = intrinsic_dimension.distances(points[chosen], max(options.neighbours, *options.other_neighbours))
    found = intrinsic_dimension.estimates(near, len(chosen), options.neighbours)
    for neighbours in options.other_neighbours:
        found |= intrinsic_dimension.likelihood(near, len(chosen), neighbours).under(f"k.{neighbours}")
    return found


def by_images(points: Cloud, curve: Chosen, options: Options) -> Measurement:
    """The intrinsic dimension estimated from other numbers of points, at the levels `n.N`."""
    found = Measurement({})
    for images, chosen in curve.items():
        near = intrinsic_dimension.distances(points[chosen], options.neighbours)
        found |= intrinsic_dimension.estimates(near, images, options.neighbours).under(f"n.{images}")
    return found


def _nulls(points: Cloud, labels: UInt8[np.ndarray, " images"], seed: int) -> Iterator[tuple[str, Cloud]]:
    yield "null.gaussian", gaussian_nulls.gaussian(points, seed)
    yield "null.class_gaussian", gaussian_nulls.class_gaussian(points, labels, seed)


def _chosen(labels: UInt8[np.ndarray, " images"], options: Options) -> tuple[Int64[np.ndarray, " chosen"], Chosen]:
    """The images of the estimates, and those of the curve. A curve has no number above that of the test images."""
    main = stratified(labels, min(options.images, len(labels)), options.seed)
    sizes = sorted(size for size in set(options.other_images) if size <= len(labels))
    return main, {size: stratified(labels, size, options.seed) for size in sizes}


def _draw_spectrum(tests: Grid[Latents]) -> Figure:
    drawn = figures.figure(3.2)
    left, right = drawn.subplots(1, 2)
    spectra = tests.map(lambda every: spectrum.variances(every.mean.astype(np.float64)))
    figures.lines(left, {label(model): [v / v.sum() for v in seeds.values()] for model, seeds in spectra.items()})
    left.set(xlabel="principal direction", ylabel="share of the variance", ylim=(0, None))
    left.legend()
    rates = tests.map(lambda every: rate.by_dimension(every.mean, every.logvar))
    figures.lines(right, {label(model): [r for r in seeds.values() if len(r)] for model, seeds in rates.items()})
    right.set(xlabel="dimension, sorted", ylabel="rate (nats)", ylim=(0, None))
    return drawn


def _draw_likeness(means: Grid[Codes]) -> Figure:
    spaces = {f"{label(model)} {seed}": codes for model, seeds in means.items() for seed, codes in seeds.items()}
    drawn = figures.figure(4.2)
    for axes, alike, title in zip(
        drawn.subplots(1, 2),
        (linear_cka, procrustes_distance),
        ("linear CKA (1: same shape)", "Procrustes distance (0: same shape)"),
        strict=True,
    ):
        values = np.array([[alike(a, b) for b in spaces.values()] for a in spaces.values()])
        figures.heatmap(axes, values, list(spaces), title)
    return drawn


def _draw_dimension(measurements: Measurements, models: list[str], images: int, options: Options) -> Figure:
    """Estimates for pixels (top) and codes (bottom): over the number of neighbours, and over the number of images."""
    metric, two_nn = "intrinsic_dimension_mle", "intrinsic_dimension"
    over_neighbours = {options.neighbours: metric} | {k: f"k.{k}.{metric}" for k in options.other_neighbours}
    over_images = {images: metric} | {n: f"n.{n}.{metric}" for n in options.other_images}
    over_images_too = {images: two_nn} | {n: f"n.{n}.{two_nn}" for n in options.other_images}
    drawn = figures.figure(5.8)
    panels = drawn.subplots(2, 3, sharex="col", sharey="row")
    for row, subjects in zip(panels, (["pixels"], models), strict=True):
        for axes, names in zip(row, (over_neighbours, over_images, over_images_too), strict=True):
            _draw_curves(axes, {subject: measurements[subject] for subject in subjects}, names)
        row[0].set_ylabel("intrinsic dimension")
        row[0].set_ylim(0, None)
        row[-1].legend(loc="upper left", bbox_to_anchor=(1, 1), fontsize=8, frameon=False)
    for axes, title, name in zip(panels[0], ("MLE", "MLE", "TwoNN"), ("neighbours", "images", "images"), strict=True):
        axes.set_title(f"{title}, over {name}", fontsize=10)
    for axes, name in zip(panels[1], ("neighbours", "images", "images"), strict=True):
        axes.set_xlabel(name)
    return drawn


def _draw_curves(axes: Axes, measurements: Measurements, names: Mapping[int, str]) -> None:
    """One line for each subject and kind of points: the mean over seeds, and two standard errors over images."""
    for index, (subject, seeds) in enumerate(measurements.items()):
        for level, (line, kind) in _KINDS.items():
            curve = sorted(
                (step, *_mean_and_error(list(seeds.values()), level + name))
                for step, name in names.items()
                if all(level + name in one.metrics for one in seeds.values())
            )
            steps, means, errors = np.array(curve).reshape(-1, 3).T
            used = "black" if subject == "pixels" else colour(index)
            name = subject if subject == "pixels" else label(subject)
            axes.errorbar(steps, means, errors, linestyle=line, marker=".", color=used, label=name + kind, capsize=2)
    axes.set_xscale("log")
    axes.spines[["top", "right"]].set_visible(False)


def _mean_and_error(seeds: Sequence[Measurement], name: str) -> tuple[float, float]:
    """The mean over seeds, and two standard errors over images; 0 without replicates."""
    replicates = [one.replicates[name] for one in seeds if name in one.replicates]
    error = 2 * np.sqrt(jackknife.variance(np.mean(replicates, axis=0))) if replicates else 0.0
    return float(np.mean([one.metrics[name] for one in seeds])), float(error)
