"""Separation: do the classes separate in the latent space?"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from jaxtyping import Bool, Float, Int, Int64, UInt8
from matplotlib.figure import Figure
from pydantic import Field
from sklearn.metrics import calinski_harabasz_score, davies_bouldin_score

from latente.codes import noise
from latente.codes.latents import PARTS, Latents
from latente.codes.scaling import scaled
from latente.data.images import Images
from latente.data.sampling import stratified
from latente.data.splits import Splits
from latente.measures import clusters, knn, label_efficiency, linear_probe, silhouette
from latente.measures.active_units import measured_units
from latente.project.types import Items, Section, Seed
from latente.results import figures, jackknife
from latente.results.grid import Grid
from latente.results.jackknife import GROUPS
from latente.results.labels import label
from latente.results.measurement import Measurement, Measurements, under
from latente.results.result import Result

Points = Float[np.ndarray, "images features"]
Labels = UInt8[np.ndarray, " images"]
Kept = Bool[np.ndarray, " images"]
Neighbours = Int64[np.ndarray, "images k"]


class Options(Section):
    """Options of the scores.

    Attributes:
        active: A unit is active above this variance of its mean. The scores of codes use only active units.
        neighbours: Of the kNN classifier.
        permutations: Number of label permutations for the null of the silhouette.
        clustered: Test images that are clustered, stratified; all of them if there are fewer.
        labels: Labelled codes of a class, for the linear probe with few labels.
        draws: Number of draws of the labelled codes.
        seed: Seed of permutations, noise, clusters and draws.
    """

    active: Annotated[float, Field(ge=0, le=1e6)]
    neighbours: Annotated[int, Field(ge=1, le=1000)]
    permutations: Annotated[int, Field(ge=1, le=10_000)]
    clustered: Annotated[int, Field(ge=100, le=10_000)]
    labels: Items[Annotated[int, Field(ge=1, le=5000)]]
    draws: Annotated[int, Field(ge=1, le=1000)]
    seed: Seed


@dataclass(frozen=True)
class Labelled:
    """Codes with their classes: training codes to fit classifiers to, and test codes to score."""

    train: Float[np.ndarray, "train features"]
    train_labels: UInt8[np.ndarray, " train"]
    test: Points
    test_labels: Labels


@dataclass(frozen=True)
class Separation:
    """Every score of one set of codes, and the silhouette of every test image."""

    measurement: Measurement
    silhouettes: Float[np.ndarray, " images"]


def analyse(codes: Grid[Latents], images: Splits, options: Options) -> Result:
    """Score the separation of the true classes, on mean test codes with Euclidean distances, and on other codes.

    The level `permuted` has the null of the scores: the same score with permuted labels. The level `recoded` has
    scores for other choices: mean or sampled code; raw, standardised or whitened; Euclidean or cosine distance. The
    subject `pixels` has the scores on raw grey levels, as the baseline. Images without labels have no scores.
    """
    if not images.train.are_labelled:
        return Result.without_labels()
    measured = codes.map(lambda every: every.of_units(measured_units(every.only("train"), options.active)))
    noisy = noise.equally_noisy(measured, options.seed)
    scored = Grid(
        {
            model: {
                seed: _of_codes(one, codes[model][seed], options, [options.seed, seed]) for seed, one in row.items()
            }
            for model, row in noisy.items()
        }
    )
    train, test = images.train, images.test
    grey = Labelled(train.grey, train.labels, test.grey, test.labels)
    pixels = score(grey, options, ["kmeans"], [options.seed]).measurement  # a mixture has too many covariances
    measurements: dict[str, dict[str, Measurement]] = scored.map(lambda one: one.measurement).by_name
    silhouettes = {model: one.silhouettes for model, one in scored.first.items()}
    drawn = {
        "silhouette": _draw_silhouette(silhouettes, test),
        "companions": _draw_companions(measurements, pixels),
        "labels": _draw_labels(measurements | {"pixels": {"data": pixels}}),
    }
    if len(measurements) > 1:
        drawn["classes"] = _draw_classes(measurements, test)
    return Result(measurements | {"pixels": {"data": pixels}}, drawn)


def score(codes: Labelled, options: Options, methods: Sequence[str], seed: Sequence[int]) -> Separation:
    """Every score of separation, its null, and the silhouette of every test image.

    Args:
        codes: At least two classes.
        options: Options of the scores.
        methods: How to find clusters: names in `clusters.METHODS`.
        seed: Seed of clusters and of draws of labels. Trainings have different seeds, so that the variance between
            them contains the variance of starts and draws.

    Returns:
        silhouette: Rousseeuw 1987; in [-1, 1], higher is better; also for every class.
        class.N.contribution: What the images of a class add to the silhouette: their sum, divided by the number of all
            images.
        silhouette_p: P-value of the hypothesis that codes do not depend on the class: the share of labellings with a
            silhouette at least as high. The labellings are the permuted ones and the true one.
        davies_bouldin: Davies & Bouldin 1979; at least 0, lower is better.
        calinski_harabasz: Caliński & Harabasz 1974; at least 0, higher is better.
        knn_accuracy, linear_probe: Accuracy on test codes of classifiers fitted to training codes; higher is better.
        probe.N: Accuracy of the linear probe with N labelled training codes of a class, mean over draws.
        label_efficiency: Mean accuracy of the linear probe over all numbers of labels, on a logarithmic scale, from
            `probe.N` to `linear_probe`, which has all labels; in [0, 1], higher is better.
        METHOD_ari, METHOD_nmi: Agreement of clusters of test codes with the classes; higher is better.
        permuted.NAME: The same score with permuted labels; for the silhouette, the mean over the permutations.
    """
    train, train_labels, test, labels = codes.train, codes.train_labels, codes.test, codes.test_labels
    neighbours = knn.nearest(train, test, options.neighbours)  # they do not depend on the labels
    parts = silhouette.parts(test, labels)
    few = linear_probe.few_labels(
        train, train_labels, test, labels, counts=options.labels, draws=options.draws, seed=seed
    )
    classified = _classified(codes, neighbours)
    measurement = (
        Measurement.from_parts({"silhouette": _means(parts)})
        | _by_class(parts, labels)
        | Measurement.over_images(classified | _efficiency(few, classified["linear_probe"], train_labels))
        | Measurement.over_images({f"probe.{count}": right for count, right in few.items()})
        | Measurement.recomputed(_compact(codes), len(test))
        | Measurement.from_parts(_clustered(test, labels, options, methods, seed))
        | _null(codes, neighbours, float(parts[0].mean()), options, methods)
    )
    return Separation(measurement, parts[0])


def recoded(codes: Latents, whole: Latents) -> Measurement:
    """The silhouette of test codes for every choice of code, scale and distance, named `code.scale.distance`.

    The training codes define the scales.

    Args:
        codes: The active units.
        whole: All units, for the level `unmasked`: mean codes with their inactive units, also for the linear probe.
    """
    train, test = codes.only("train"), codes.only("test")
    at_mean = at_sample = unmasked = _rescaled(train.mean, test.mean, test.label)
    if not np.array_equal(test.sample, test.mean):
        at_sample = _rescaled(train.sample, test.sample, test.label)
    train, test = whole.only("train"), whole.only("test")
    if whole.mean.shape != codes.mean.shape:
        unmasked = _rescaled(train.mean, test.mean, test.label)
    right = linear_probe.correct(train.mean, train.label, test.mean, test.label)
    unmasked |= Measurement.over_images({"linear_probe": right})
    return at_mean.under("at_mean") | at_sample.under("at_sample") | unmasked.under("unmasked")


def _of_codes(codes: Latents, whole: Latents, options: Options, seed: Sequence[int]) -> Separation:
    """The scores of one training, from its active units, whose samples are equally noisy; and from all its units."""
    train, test = codes.only("train"), codes.only("test")
    methods = list(clusters.METHODS)
    one = score(Labelled(train.mean, train.label, test.mean, test.label), options, methods, seed)
    white = dict(scaled(train.mean, test.mean))["whitened"]
    clustered = Measurement.from_parts(_clustered(white, test.label, options, methods, seed))
    others = (recoded(codes, whole) | clustered.under("at_mean.whitened")).under("recoded")
    if noise.is_noisy(codes):
        others |= Measurement.over_images({"noise_share": noise.share(codes)[codes.part == PARTS.index("test")]})
    return Separation(one.measurement | others, one.silhouettes)


def _rescaled(train: Float[np.ndarray, "train features"], test: Points, labels: Labels) -> Measurement:
    return Measurement.from_parts(
        {
            f"{scale}.{metric}": _means(silhouette.parts(points, labels, metric))
            for scale, points in scaled(train, test)
            for metric in silhouette.METRICS
        }
    )


def _means(parts: Sequence[Float[np.ndarray, " _"]]) -> Float[np.ndarray, " parts"]:
    return np.array([values.mean() for values in parts])


def _by_class(parts: Sequence[Float[np.ndarray, " _"]], labels: Labels) -> Measurement:
    """Silhouette and contribution of every class. A class that a part lacks has no replicates of its silhouette."""
    group = jackknife.assign(len(labels))
    kept = [labels, *(labels[group != each] for each in range(GROUPS))]
    found = Measurement({})
    for value in np.unique(labels):
        members = [values[own == value] for values, own in zip(parts, kept, strict=True)]
        shares = np.array([one.sum() / len(own) for one, own in zip(members, kept, strict=True)])
        mean = {f"class.{value}.silhouette": float(members[0].mean())}
        found |= Measurement.from_parts({f"class.{value}.contribution": shares}) | Measurement(
            mean, dict.fromkeys(mean, _means(members[1:])) if all(map(len, members)) else {}
        )
    return found


def _null(
    codes: Labelled, neighbours: Neighbours, true: float, options: Options, methods: Sequence[str]
) -> Measurement:
    """The scores with permuted labels, and the p-value of the true silhouette."""
    test, labels, generator = codes.test, codes.test_labels, np.random.default_rng(options.seed)
    permuted = Labelled(codes.train, generator.permutation(codes.train_labels), test, generator.permutation(labels))
    silhouettes = silhouette.permuted(test, labels, options.permutations, options.seed)
    chosen = _chosen(labels, options)
    null = (
        {"silhouette": float(silhouettes.mean())}
        | {name: float(right.mean()) for name, right in _classified(permuted, neighbours).items()}
        | {name: metric(np.ones(len(test), bool)) for name, metric in _compact(permuted).items()}
        | clusters.permuted(test[chosen], labels[chosen], methods, [options.seed])
    )
    as_high = (silhouettes >= true).sum() + 1
    return Measurement({"silhouette_p": float(as_high / (options.permutations + 1))} | under("permuted", null))


def _chosen(labels: Labels, options: Options) -> Int[np.ndarray, " chosen"]:
    """The test images that are clustered, the same for every training."""
    return stratified(labels, min(options.clustered, len(labels)), options.seed)


def _clustered(
    test: Points, labels: Labels, options: Options, methods: Sequence[str], seed: Sequence[int]
) -> dict[str, Float[np.ndarray, " parts"]]:
    chosen = _chosen(labels, options)
    return clusters.agreement(test[chosen], labels[chosen], methods, seed)


def _classified(codes: Labelled, neighbours: Neighbours) -> dict[str, Kept]:
    """Which images kNN and the linear probe classify correctly."""
    train, train_labels, test, labels = codes.train, codes.train_labels, codes.test, codes.test_labels
    return {
        "knn_accuracy": knn.correct(neighbours, train_labels, labels),
        "linear_probe": linear_probe.correct(train, train_labels, test, labels),
    }


def _efficiency(
    few: Mapping[int, Float[np.ndarray, " images"]], every: Kept, train_labels: UInt8[np.ndarray, " train"]
) -> dict[str, Float[np.ndarray, " images"]]:
    """The accuracy of every image over all numbers of labels; the last number is that of all labels."""
    average = len(train_labels) / len(np.unique(train_labels))
    curve = {float(count): right for count, right in few.items() if count < average} | {average: every}
    counts = np.array(sorted(curve))
    return {"label_efficiency": label_efficiency.weights(counts) @ np.array([curve[count] for count in counts])}


def _compact(codes: Labelled) -> dict[str, Callable[[Kept], float]]:
    """Compactness of the classes, as functions of a mask of test images."""
    test, labels = codes.test, codes.test_labels
    return {
        "davies_bouldin": lambda kept: float(davies_bouldin_score(test[kept], labels[kept])),
        "calinski_harabasz": lambda kept: float(calinski_harabasz_score(test[kept], labels[kept])),
    }


def _draw_silhouette(samples: dict[str, Float[np.ndarray, " images"]], test: Images) -> Figure:
    drawn = figures.figure(4.2)
    panels = drawn.subplots(1, len(samples), sharex=True, squeeze=False)[0]
    for axes, (model, values) in zip(panels, samples.items(), strict=True):
        figures.silhouette(axes, values, test.labels, test.names)
        axes.set_title(f"{label(model)}: mean {values.mean():.3f}", fontsize=10)
    return drawn


def _draw_companions(measurements: Measurements, pixels: Measurement) -> Figure:
    panels = {
        "silhouette": "silhouette",
        "knn_accuracy": "kNN accuracy",
        "linear_probe": "linear probe",
        "kmeans_ari": "k-means ARI",
        "mixture_ari": "mixture ARI",
    }
    drawn = figures.figure(3.0)
    for axes, (metric, title) in zip(drawn.subplots(1, len(panels)), panels.items(), strict=True):
        group = {label(model): [one.metrics[metric] for one in seeds.values()] for model, seeds in measurements.items()}
        baseline = [pixels.metrics[metric]] if metric in pixels.metrics else []
        figures.seeds_and_mean(axes, {"": group | {"pixels": baseline}})
        axes.set_title(title, fontsize=10)
        axes.tick_params(labelsize=8)
    figures.legend(drawn)
    return drawn


def _draw_labels(measurements: Measurements) -> Figure:
    """Accuracy of the linear probe for every number of labels of a class; the last step has all labels."""
    some = next(iter(next(iter(measurements.values())).values())).metrics
    few = {float(name.removeprefix("probe.")): name for name in some if name.startswith("probe.")}
    steps = dict(sorted(few.items())) | {math.inf: "linear_probe"}
    drawn = figures.figure(3.6)
    axes = drawn.subplots()
    figures.along(
        axes,
        {
            label(subject): {step: [one.metrics[name] for one in seeds.values()] for step, name in steps.items()}
            for subject, seeds in measurements.items()
        },
    )
    axes.set_xticks(range(len(steps)), [*(f"{step:g}" for step in sorted(few)), "all"])
    axes.set(xlabel="labelled training codes of a class", ylabel="accuracy of the linear probe")
    figures.legend(drawn)
    return drawn


def _draw_classes(measurements: Measurements, test: Images) -> Figure:
    """What every class adds to the difference of the silhouettes, for every model minus the first."""
    (first, base), *others = measurements.items()
    classes = np.unique(test.labels).tolist()

    def added(row: Mapping[str, Measurement], value: int) -> list[float]:
        name = f"class.{value}.contribution"
        return [one.metrics[name] - base[seed].metrics[name] for seed, one in row.items()]

    drawn = figures.figure(3.2)
    axes = drawn.subplots()
    groups = {
        str(value): {f"{label(model)} − {label(first)}": added(row, value) for model, row in others}
        for value in classes
    }
    figures.seeds_and_mean(axes, groups, skip=1)
    names = figures.some([test.names[value] for value in classes])
    turned = figures.are_long(names, figures.WIDTH / len(classes))
    axes.set_xticks(range(len(classes)), names, rotation=45 if turned else 0, ha="right" if turned else "center")
    axes.axhline(0, color="black", linewidth=0.8)
    axes.set(xlabel="class", ylabel="contribution to the\ndifference in silhouettes")
    figures.legend(drawn)
    return drawn
