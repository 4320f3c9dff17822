"""Projection: the latent space drawn in two dimensions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from jaxtyping import Float, UInt8
from matplotlib.figure import Figure
from pydantic import Field
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE, trustworthiness

from latente.codes.latents import Latents
from latente.data.sampling import stratified
from latente.measures import knn
from latente.measures.neighbour_overlap import Neighbours, nearest, overlap
from latente.project.types import Section, Seed
from latente.results import figures, pairs
from latente.results.grid import Grid
from latente.results.labels import label
from latente.results.measurement import Measurement, Measurements
from latente.results.result import Result

Plane = Float[np.ndarray, "images 2"]

_TITLES = {"codes": "latent space", "pca": "PCA", "tsne": "t-SNE"}


class Options(Section):
    """Number of test images drawn; perplexity of t-SNE; neighbours of all scores; seed."""

    images: Annotated[int, Field(ge=100, le=10_000)]
    perplexity: Annotated[float, Field(ge=1, le=1000)]
    neighbours: Annotated[int, Field(ge=1, le=40)]
    seed: Seed


@dataclass(frozen=True)
class Drawings:
    """Codes of some images, and their projections to the plane.

    Attributes:
        codes: The codes to draw.
        labels: Class of every image.
        planes: `pca`, `tsne` -> the codes in the plane.
    """

    codes: Float[np.ndarray, "images latent"]
    labels: UInt8[np.ndarray, " images"]
    planes: Mapping[str, Plane]

    def neighbours(self, count: int) -> dict[str, Neighbours]:
        """The nearest neighbours of every image: `codes`, `pca`, `tsne` -> their indices."""
        return {level: nearest(points, count) for level, points in {"codes": self.codes, **self.planes}.items()}


def analyse(codes: Grid[Latents], names: Sequence[str], options: Options) -> Result:
    """Project the test codes with PCA and t-SNE, for every model and seed. The figure shows the first seed.

    Args:
        codes: Of all models and seeds.
        names: Of the classes.
        options: Number of images, and options of t-SNE and of the scores.

    Returns:
        For the levels `pca` and `tsne`:

        trustworthiness: How far neighbours in the plane are also neighbours in the latent space; in [0, 1], higher is
            better.
        knn_accuracy: Accuracy of kNN in the plane, with five-fold cross-validation; higher is better. Images of a
            single class have none.

        For the levels `codes` (the latent space itself), `pca` and `tsne`, and pairs of trainings:

        neighbour_overlap: See `neighbour_overlap.overlap`. The level `two_seeds` has two models from two seeds. The
            level `restarted` of the first seed compares t-SNE with t-SNE of the same codes from a random start.
    """
    drawings = codes.map(lambda every: _drawings(every, options))
    measurements: dict[str, dict[str, Measurement]] = drawings.map(lambda one: _measured(one, options)).by_name
    for model, seeds in drawings.items():
        first = next(iter(seeds))
        measurements[model][str(first)] |= _restarted(seeds[first], options)
    measurements |= compare(drawings.map(lambda one: one.neighbours(options.neighbours)))
    drawn = {"projections": _draw(drawings.first, names), "overlap": _draw_overlap(measurements, list(codes))}
    return Result(measurements, drawn)


def compare(near: Grid[Mapping[str, Neighbours]]) -> dict[str, dict[str, Measurement]]:
    """The overlap of neighbours of all pairs of trainings: subject -> seeds -> overlap in the levels of `near`."""
    found = pairs.compare(near, _alike)
    for subject, seeds in pairs.of_two_seeds(near, _alike).items():
        found[subject] |= {both: alike.under("two_seeds") for both, alike in seeds.items()}
    return found


def pca(codes: Float[np.ndarray, "images latent"]) -> Plane:
    """Project on the two directions of largest variance. The largest loading of a direction fixes its sign.

    A latent space of one dimension lies on the horizontal axis.
    """
    points = PCA(min(2, codes.shape[1]), svd_solver="full").fit_transform(codes)
    return np.pad(points, ((0, 0), (0, 2 - points.shape[1])))


def tsne(codes: Float[np.ndarray, "images latent"], start: Plane, options: Options) -> Plane:
    """Project with t-SNE. With few images, the perplexity is lower. If all codes are equal, they give one point.

    Args:
        codes: The codes to project.
        start: Initial points; the function scales them to a standard deviation of 1e-4.
        options: Perplexity and seed.
    """
    spread = start[:, 0].std()
    if spread == 0:
        return np.zeros_like(start)  # scikit-learn's t-SNE crashes on equal codes
    perplexity = min(options.perplexity, (len(codes) - 1) / 3)
    points: Plane = TSNE(
        perplexity=perplexity, init=start / spread * 1e-4, random_state=options.seed, n_jobs=1
    ).fit_transform(codes)
    return points


def _drawings(every: Latents, options: Options) -> Drawings:
    test = every.only("test")
    chosen = stratified(test.label, min(options.images, len(test.label)), options.seed)
    codes = test.mean[chosen].astype(np.float64)
    flat = pca(codes)
    return Drawings(codes, test.label[chosen], {"pca": flat, "tsne": tsne(codes, flat, options)})


def _restarted(drawings: Drawings, options: Options) -> Measurement:
    """The overlap of two drawings of the same codes by t-SNE: it starts from PCA, and from random points."""
    start = np.random.default_rng(options.seed).standard_normal((len(drawings.codes), 2))
    again = {"tsne": nearest(tsne(drawings.codes, start, options), options.neighbours)}
    first = {"tsne": nearest(drawings.planes["tsne"], options.neighbours)}
    return _alike(first, again).under("restarted")


def _alike(a: Mapping[str, Neighbours], b: Mapping[str, Neighbours]) -> Measurement:
    return Measurement.over_images({f"{level}.neighbour_overlap": overlap(a[level], b[level]) for level in a})


def _measured(drawings: Drawings, options: Options) -> Measurement:
    neighbours = options.neighbours
    measurement = Measurement({})
    for method, plane in drawings.planes.items():
        kept = float(trustworthiness(drawings.codes, plane, n_neighbors=neighbours))
        here = Measurement({"trustworthiness": kept})
        if len(np.unique(drawings.labels)) > 1:
            correct = knn.cross_validated(plane, drawings.labels, neighbours)
            here |= Measurement.over_images({"knn_accuracy": correct})
        measurement |= here.under(method)
    return measurement


def _draw(shown: Mapping[str, Drawings], names: Sequence[str]) -> Figure:
    drawn = figures.figure(4.0 * len(shown) + 0.5)
    grid = drawn.subplots(len(shown), 2, squeeze=False)
    for row, (model, drawings) in zip(grid, shown.items(), strict=True):
        for axes, (method, plane) in zip(row, drawings.planes.items(), strict=True):
            figures.scatter(axes, plane, drawings.labels, names)
            axes.set_title(f"{label(model)}, {_TITLES[method]}", fontsize=10)
    if 1 < len(names) <= figures.MANY:
        figures.legend(drawn, title="class", markerscale=4.0)
    return drawn


def _draw_overlap(measurements: Measurements, models: Sequence[str]) -> Figure:
    """A bar for each kind of pair and each drawing, and a dot for each pair."""
    between = {f"{label(a)} and {label(b)}": pairs.pair(a, b) for a, b in pairs.of_models(models)}
    kinds = {f"{name},\nsame seed": (subject, "") for name, subject in between.items()}
    kinds |= {f"{name},\ntwo seeds": (subject, "two_seeds.") for name, subject in between.items()}
    kinds |= {f"{label(model)},\ntwo seeds": (pairs.pair(model, model), "") for model in models}
    kinds |= {f"{label(model)},\ntwo starts": (model, "restarted.") for model in models}
    groups = {name: _overlaps(measurements.get(subject, {}), level) for name, (subject, level) in kinds.items()}
    drawn = figures.figure(3.6)
    axes = drawn.subplots()
    figures.seeds_and_mean(axes, {name: group for name, group in groups.items() if any(group.values())})
    axes.set_ylabel("overlap of neighbours")
    axes.tick_params(axis="x", labelsize=8)
    figures.legend(drawn)
    return drawn


def _overlaps(of_pairs: Mapping[str, Measurement], level: str) -> dict[str, list[float]]:
    """Title of the drawing -> the overlap of every pair that has it."""
    return {
        title: [
            one.metrics[name]
            for one in of_pairs.values()
            if (name := f"{level}{drawing}.neighbour_overlap") in one.metrics
        ]
        for drawing, title in _TITLES.items()
    }
