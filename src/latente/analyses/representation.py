"""Representation: what a latent space holds besides the classes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from jaxtyping import Bool, Float, Int64, UInt8
from matplotlib.figure import Figure
from pydantic import Field
from sklearn.decomposition import PCA

from latente.codes.latents import Latents
from latente.data.images import Images
from latente.data.sampling import stratified
from latente.data.splits import Splits
from latente.measures import dci, factor_regression, knn, mutual_information, neighbour_overlap, neighbourhood
from latente.measures import factors as image_factors
from latente.measures.active_units import measured_units
from latente.measures.factors import Factors
from latente.project.types import Section, Seed
from latente.results import figures, jackknife
from latente.results.grid import Grid
from latente.results.jackknife import GROUPS
from latente.results.labels import label
from latente.results.measurement import Measurement, Measurements
from latente.results.result import Result

Kept = Bool[np.ndarray, " images"]

_AXES = ("disentanglement", "completeness", "mig")

_PERMUTATIONS = 10  # of the factors; a single one can correlate with the true factors by chance

_ROTATIONS = 5  # of the codes; one alone varies as much as two seeds

_PLACES = {"across": "position, across", "down": "position, down"}


class Options(Section):
    """Options of the measures.

    Attributes:
        active: A unit is active above this variance of its mean. All measures use only active units.
        images: Training images that fit the factors, and test images that are read; stratified, all if there are fewer.
        neighbours: Of kNN and of neighbourhoods.
        seed: Seed of the choices, permutations and rotations.
    """

    active: Annotated[float, Field(ge=0, le=1e6)]
    images: Annotated[int, Field(ge=40, le=10_000)]
    neighbours: Annotated[int, Field(ge=1, le=30)]
    seed: Seed


@dataclass(frozen=True)
class Sample:
    """Images with measured factors: training images to fit, and test images to read.

    Attributes:
        names: The factors that describe these images.
        train: Indices of the training images.
        test: Indices of the test images.
        train_factors: One column for each factor.
        test_factors: The same for the test images.
        train_labels: Classes of the training images.
        test_labels: Classes of the test images.
    """

    names: Sequence[str]
    train: Int64[np.ndarray, " train"]
    test: Int64[np.ndarray, " images"]
    train_factors: Float[np.ndarray, "train factors"]
    test_factors: Float[np.ndarray, "images factors"]
    train_labels: UInt8[np.ndarray, " train"]
    test_labels: UInt8[np.ndarray, " images"]

    @property
    def has_classes(self) -> bool:
        """Whether there are classes to compare; images without labels are of one class."""
        return len(np.unique(self.train_labels)) > 1


@dataclass(frozen=True)
class Encoded:
    """Codes of the images of a sample."""

    train: Float[np.ndarray, "train features"]
    test: Float[np.ndarray, "images features"]


def analyse(codes: Grid[Latents], images: Splits, options: Options) -> Result:
    """Measure every latent space, the first principal components and the pixels.

    The subject `pca` has as many principal components as a code has units. The subject `test_images` has mean and
    deviation of every factor, also of those that describe these images badly and are left out elsewhere.
    """
    sample, measured = draw(images, options)
    units = {model: measured_units(one.only("train"), options.active) for model, one in codes.first.items()}
    spaces = {model: encoded(one, sample, options.active) for model, one in codes.first.items()}
    grey = Encoded(images.train[sample.train].grey, images.test[sample.test].grey)
    linear = _principal(grey, next(iter(codes.first.values())).mean.shape[1])
    found: Measurements = {
        **codes.map(lambda one: measure(one, sample, options)).by_name,
        "pca": {"data": held(linear, sample, options) | single(linear, sample, options.seed)},
        "pixels": {"data": held(grey, sample, options)},
    }
    drawn: dict[str, Figure] = {}
    if sample.names:
        drawn["told"] = _draw_told(found, sample)
        drawn["units"] = _draw_units(spaces, units, sample)
        drawn["directions"] = _draw_directions(spaces, images.test[sample.test], sample)
    return Result({**found, "test_images": {"data": _of_images(measured)}}, drawn)


def draw(images: Splits, options: Options) -> tuple[Sample, Factors]:
    """Choose images and measure their factors.

    Returns:
        The sample, and all factors of its test images.
    """
    train, test = (
        stratified(part.labels, min(options.images, len(part)), options.seed) for part in (images.train, images.test)
    )
    fit, read = image_factors.measure(images.train[train].grey), image_factors.measure(images.test[test].grey)
    names = read.useful()
    labels = images.train.labels[train], images.test.labels[test]
    return Sample(names, train, test, fit.table(names), read.table(names), *labels), read


def measure(codes: Latents, sample: Sample, options: Options) -> Measurement:
    """What the codes of one training tell of factors; see `held` and `single`."""
    space = encoded(codes, sample, options.active)
    return held(space, sample, options) | single(space, sample, options.seed)


def encoded(codes: Latents, sample: Sample, active: float) -> Encoded:
    """The mean codes of a sample, without units that are inactive: their variance is at most `active`."""
    used = codes.of_units(measured_units(codes.only("train"), active))
    return Encoded(used.only("train").mean[sample.train], used.only("test").mean[sample.test])


def held(space: Encoded, sample: Sample, options: Options) -> Measurement:
    """What codes tell of factors, and what neighbours have in common.

    Returns:
        factor.NAME.linear_r2, factor.NAME.knn_r2: Share of the variance of a factor on test images that a linear map,
            or the nearest training codes, explain; at most 1, higher is better.
        linear_r2, knn_r2: Mean over factors.
        within.*: The same without the classes: codes and factors minus the means of their class.
        permuted.*: The null: the factors of the training images are permuted, at `within` among images of one class.
        neighbour_class, neighbour_entropy, neighbour_factors, hubness: See `neighbourhood`; the first two need labels.
    """
    train, test = (space.train, sample.train_labels), (space.test, sample.test_labels)
    inside = Encoded(*factor_regression.without_class(train, test))
    factors = (sample.train_factors, sample.train_labels), (sample.test_factors, sample.test_labels)
    targets = Encoded(*factor_regression.without_class(*factors))
    everyone = np.zeros_like(sample.train_labels)
    told = _told(space, Encoded(sample.train_factors, sample.test_factors), everyone, sample.names, options)
    within = _told(inside, targets, sample.train_labels, sample.names, options).under("within")
    return told | within | _neighbourhood(space, sample, options.neighbours)


def _principal(grey: Encoded, components: int) -> Encoded:
    """The first principal components of the training images."""
    fitted = PCA(min(components, *grey.train.shape), svd_solver="covariance_eigh").fit(grey.train)
    return Encoded(fitted.transform(grey.train), fitted.transform(grey.test))


def _of_images(measured: Factors) -> Measurement:
    """Mean and deviation of every factor, and how full the images are; see `factors`."""
    found = Measurement.recomputed({"fullness": lambda kept: float(np.median(measured.fullness[kept]))}, measured.count)
    for name, values in measured.values.items():
        moments = {"mean": _on(values, np.mean), "deviation": _on(values, np.std)}
        found |= Measurement.recomputed(moments, measured.count).under(f"factor.{name}")
    return found


def _on(values: Float[np.ndarray, " images"], function: Callable[..., Any]) -> Callable[[Kept], float]:
    return lambda kept: float(function(values[kept]))


def _told(
    space: Encoded, targets: Encoded, groups: UInt8[np.ndarray, " train"], names: Sequence[str], options: Options
) -> Measurement:
    """R² of every factor, and its null: the mean over permutations of the training targets among images of a group."""
    if not names:
        return Measurement({})
    near = knn.nearest(space.train, space.test, options.neighbours)

    def explained(train: Float[np.ndarray, "train factors"]) -> Float[np.ndarray, "metrics factors parts"]:
        """R² by a linear map and by neighbours."""
        guesses = (
            factor_regression.linear(space.train, train, space.test),
            factor_regression.from_neighbours(near, train),
        )
        of = [lambda kept, guess=guess: factor_regression.r2(targets.test, guess, kept) for guess in guesses]
        return np.stack([_parts(one, len(targets.test)) for one in of])

    orders = [_permuted(groups, [options.seed, number]) for number in range(_PERMUTATIONS)]
    null = np.mean([explained(targets.train[order]) for order in orders], axis=0)
    return _named(explained(targets.train), names) | _named(null, names).under("permuted")


def _named(explained: Float[np.ndarray, "metrics factors parts"], names: Sequence[str]) -> Measurement:
    values: dict[str, Float[np.ndarray, " parts"]] = {}
    for metric, each in zip(("linear_r2", "knn_r2"), explained, strict=True):
        values |= {f"factor.{name}.{metric}": one for name, one in zip(names, each, strict=True)}
        values |= {metric: each.mean(0)}
    return Measurement.from_parts(values)


def single(space: Encoded, sample: Sample, seed: int) -> Measurement:
    """Whether single units hold single factors, the class among them; and the same for randomly rotated codes.

    Returns:
        disentanglement, completeness: See `dci`.
        informativeness: R² of a linear map, mean over the factors and the class (mean over its indicators). Images
            without labels have no class here, as in the others.
        mig: Mutual information gap; see `mutual_information`.
        rotated.*: The same after random rotations of the standardised codes, mean over rotations. A rotation loses
            nothing and mixes all units, so this is the value without any preference for the axes.
    """
    if not sample.names:
        return Measurement({})
    standard = space.test.astype(np.float64) / np.maximum(space.test.std(0, dtype=np.float64), 1e-12)
    random = np.random.default_rng(seed).standard_normal((_ROTATIONS, *[space.test.shape[1]] * 2))
    turned = np.mean([_axes(standard @ np.linalg.qr(each)[0], sample) for each in random], axis=0)
    own, null = (_by_name(_AXES, parts) for parts in (_axes(space.test, sample), turned))
    return own | null.under("rotated") | _informativeness(space, sample)


def _axes(test: Float[np.ndarray, "images units"], sample: Sample) -> Float[np.ndarray, "metrics parts"]:
    def scores(kept: Kept) -> Float[np.ndarray, " metrics"]:
        given = test[kept], sample.test_factors[kept], sample.test_labels[kept]
        importance, told = dci.importance(*given), mutual_information.told(*given)
        return np.array([dci.disentanglement(importance), dci.completeness(importance), mutual_information.gap(told)])

    return _parts(scores, len(test))


def _informativeness(space: Encoded, sample: Sample) -> Measurement:
    classes, factors = np.unique(sample.train_labels), len(sample.names)
    train, test = (
        np.hstack([values, labels[:, None] == classes])
        for values, labels in ((sample.train_factors, sample.train_labels), (sample.test_factors, sample.test_labels))
    )
    guess = factor_regression.linear(space.train, train, space.test)
    each = _parts(lambda kept: factor_regression.r2(test, guess, kept), len(test))
    told = np.vstack([each[:factors], each[factors:].mean(0)]) if len(classes) > 1 else each[:factors]
    return Measurement.from_parts({"informativeness": told.mean(0)})


def _neighbourhood(space: Encoded, sample: Sample, neighbours: int) -> Measurement:
    near = neighbour_overlap.nearest(space.test, min(neighbours, len(space.test) - 2))
    often = neighbourhood.occurrences(near)
    scores: dict[str, Callable[[Kept], float]] = {"hubness": lambda kept: neighbourhood.skewness(often[kept])}
    if sample.names:
        scores["neighbour_factors"] = lambda kept: neighbourhood.factor_difference(near, sample.test_factors, kept)
    shares = {}
    if sample.has_classes:
        shares["neighbour_class"] = neighbourhood.same_class(near, sample.test_labels)
        shares["neighbour_entropy"] = neighbourhood.class_entropy(near, sample.test_labels)
    return Measurement.over_images(shares) | Measurement.recomputed(scores, len(near))


def _by_name(names: Sequence[str], parts: Float[np.ndarray, "metrics parts"]) -> Measurement:
    return Measurement.from_parts(dict(zip(names, parts, strict=True)))


def _parts(metrics: Callable[[Kept], Float[np.ndarray, " metrics"]], count: int) -> Float[np.ndarray, "metrics parts"]:
    """Some metrics of all images, and of the images without each group."""
    group = jackknife.assign(count)
    return np.array([metrics(kept) for kept in (group >= 0, *(group != each for each in range(GROUPS)))]).T


def _permuted(groups: UInt8[np.ndarray, " train"], seed: Sequence[int]) -> Int64[np.ndarray, " train"]:
    """Indices that permute the images of every group."""
    order = np.argsort(groups, kind="stable")
    index = np.empty_like(order)
    index[order] = np.lexsort((np.random.default_rng(seed).random(len(groups)), groups))
    return index


def _draw_told(found: Measurements, sample: Sample) -> Figure:
    """R² of every factor: of all images, and within a class if there are several."""
    drawn = figures.figure(3.4)
    levels = {"": "all images"} | ({"within.": "within a class"} if sample.has_classes else {})
    panels = drawn.subplots(1, len(levels), sharey=True, squeeze=False)[0]
    for axes, (level, title) in zip(panels, levels.items(), strict=True):
        figures.seeds_and_mean(
            axes,
            {
                _PLACES.get(name, name): {
                    label(subject): [one.metrics[f"{level}factor.{name}.linear_r2"] for one in seeds.values()]
                    for subject, seeds in found.items()
                }
                for name in sample.names
            },
        )
        axes.set_title(title, fontsize=10)
        axes.tick_params(axis="x", labelsize=8, rotation=20)
    drawn.axes[0].set_ylabel("R² of a linear map")
    figures.legend(drawn)
    return drawn


def _draw_units(
    spaces: Mapping[str, Encoded], units: Mapping[str, Bool[np.ndarray, " latent"]], sample: Sample
) -> Figure:
    """One panel for each model: the share of the entropy of a factor that a unit tells."""
    told = {
        model: mutual_information.told(space.test, sample.test_factors, sample.test_labels)
        for model, space in spaces.items()
    }
    greatest, most = max(float(one.max()) for one in told.values()), max(map(len, told.values()))
    drawn = figures.figure(max(2.6, 1.2 + 0.24 * most))
    panels = drawn.subplots(1, len(told), squeeze=False)[0]
    names = [*(_PLACES.get(name, name) for name in sample.names), *(["class"] if sample.has_classes else [])]
    for axes, (model, values) in zip(panels, told.items(), strict=True):
        image = axes.imshow(values, cmap="Blues", vmin=0, vmax=greatest, aspect="auto")
        for (row, column), value in np.ndenumerate(values):
            colour = "white" if value > 0.6 * greatest else "black"
            axes.text(column, row, f"{value:.2f}", ha="center", va="center", color=colour, fontsize=7)
        axes.set_xticks(range(len(names)), names, rotation=45, ha="right", fontsize=8)
        axes.set_yticks(range(len(values)), [f"{unit + 1}" for unit in np.flatnonzero(units[model])], fontsize=8)
        axes.set_title(label(model), fontsize=10)
    panels[0].set_ylabel("unit")
    drawn.colorbar(image, ax=panels, label="share of the entropy told", shrink=0.8)
    return drawn


def _draw_directions(spaces: Mapping[str, Encoded], test: Images, sample: Sample) -> Figure:
    """Test images of one class, in the order in which their codes lie along the direction of a factor."""
    value = _varied(sample)
    members = np.flatnonzero(test.labels == value)
    rows: dict[str, Float[np.ndarray, "_ pixels"]] = {}
    for number, name in enumerate(sample.names):
        for model, space in spaces.items():
            parts = (factor_regression.inside(one, sample.train_labels) for one in (space.train, sample.train_factors))
            direction = factor_regression.coefficients(*parts)[0][:, number]
            order = members[np.argsort(space.test[members] @ direction, kind="stable")]
            places = np.linspace(0, len(order) - 1, 12).round().astype(int)
            rows[f"{_PLACES.get(name, name)}, {label(model)}"] = test.grey[order[places]]
    return figures.image_rows(rows)


def _varied(sample: Sample) -> int:
    """The class whose images differ most in their factors."""
    scale = np.maximum(sample.test_factors.std(0), 1e-12)
    classes = np.unique(sample.test_labels)
    spread = [np.square(sample.test_factors[sample.test_labels == one].std(0) / scale).sum() for one in classes]
    return int(classes[np.argmax(spread)])
