"""Separation: do the classes separate in the latent space?"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from jaxtyping import Bool, Float, Int, UInt8
from matplotlib.figure import Figure
from pydantic import Field
from sklearn.cluster import KMeans
from sklearn.metrics import (
    adjusted_rand_score,
    calinski_harabasz_score,
    davies_bouldin_score,
    normalized_mutual_info_score,
)

from latente.codes.latents import Latents
from latente.codes.scaling import scaled
from latente.data.mnist import CLASSES
from latente.data.splits import Splits
from latente.measures import knn, linear_probe, silhouette
from latente.project.types import Section, Seed
from latente.results import figures
from latente.results.grid import Grid
from latente.results.labels import label
from latente.results.measurement import Measurement, Measurements, under
from latente.results.result import Result

Points = Float[np.ndarray, "images features"]
Labels = UInt8[np.ndarray, " images"]
Kept = Bool[np.ndarray, " images"]


class Options(Section):
    """Neighbours of the kNN classifier; number of label permutations for the silhouette; seed."""

    neighbours: Annotated[int, Field(ge=1, le=1000)]
    permutations: Annotated[int, Field(ge=1, le=10_000)]
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
    """Score the separation of the true classes, on unscaled mean test codes with Euclidean distances.

    The level `permuted` has the null of every score: the same score with permuted labels. The level `recoded` has the
    silhouette for other choices: mean or sampled code; raw, standardised or whitened; Euclidean or cosine distance.
    The subject `pixels` has the same scores on raw grey levels, as the baseline.
    """
    scored = codes.map(lambda every: _of_codes(every.only("train"), every.only("test"), options))
    train, test = images.train, images.test
    pixels = score(Labelled(train.grey, train.labels, test.grey, test.labels), options).measurement
    measurements: dict[str, dict[str, Measurement]] = scored.map(lambda one: one.measurement).by_name
    drawn = {
        "silhouette": _draw_silhouette({m: one.silhouettes for m, one in scored.first.items()}, test.labels),
        "companions": _draw_companions(measurements, pixels),
    }
    return Result(measurements | {"pixels": {"data": pixels}}, drawn)


def score(codes: Labelled, options: Options) -> Separation:
    """Every score of separation, its null, and the silhouette of every test image.

    Args:
        codes: At least two classes.
        options: Neighbours, permutations and seed.

    Returns:
        silhouette: Rousseeuw 1987; in [-1, 1], higher is better; also for every class.
        silhouette_p: P-value of the hypothesis that codes do not depend on the class: the share of labellings with a
            silhouette at least as high. The labellings are the permuted ones and the true one.
        davies_bouldin: Davies & Bouldin 1979; at least 0, lower is better.
        calinski_harabasz: Caliński & Harabasz 1974; at least 0, higher is better.
        knn_accuracy, linear_probe: Accuracy on test codes of classifiers fitted to training codes; higher is better.
        kmeans_ari, kmeans_nmi: Agreement of k-means clusters of the test codes with the classes; higher is better.
        permuted.NAME: The same score with permuted labels; for the silhouette, the mean over the permutations.
    """
    test, labels = codes.test, codes.test_labels
    generator = np.random.default_rng(options.seed)
    clusters = KMeans(CLASSES, n_init=4, random_state=options.seed).fit_predict(test)
    neighbours = knn.nearest(codes.train, test, options.neighbours)  # they do not depend on the labels
    silhouettes, left_out = silhouette.left_out(test, labels)
    permuted = Labelled(codes.train, generator.permutation(codes.train_labels), test, generator.permutation(labels))
    null_silhouettes = silhouette.permuted(test, labels, options.permutations, options.seed)
    null = {**_classified(permuted, neighbours).metrics, **_everyone(_clustered(permuted, clusters), len(test))}
    as_high = (null_silhouettes >= silhouettes.mean()).sum() + 1
    by_class = {f"class.{digit}.silhouette": float(silhouettes[labels == digit].mean()) for digit in np.unique(labels)}
    measurement = (
        Measurement({"silhouette": float(silhouettes.mean())}, {"silhouette": left_out})
        | Measurement({"silhouette_p": float(as_high / (options.permutations + 1))} | by_class)
        | _classified(codes, neighbours)
        | Measurement.recomputed(_clustered(codes, clusters), len(test))
        | Measurement(under("permuted", null | {"silhouette": float(null_silhouettes.mean())}))
    )
    return Separation(measurement, silhouettes)


def recoded(train: Latents, test: Latents) -> dict[str, float]:
    """The silhouette of test codes for every choice of code, scale and distance, named `code.scale.distance`.

    The training codes define the scales. For a point posterior, the sample is the mean.
    """
    at_mean = _rescaled(train.mean, test.mean, test.label)
    point = np.array_equal(test.sample, test.mean)
    at_sample = at_mean if point else _rescaled(train.sample, test.sample, test.label)
    return under("at_mean", at_mean) | under("at_sample", at_sample)


def _of_codes(train: Latents, test: Latents, options: Options) -> Separation:
    separation = score(Labelled(train.mean, train.label, test.mean, test.label), options)
    others = Measurement(under("recoded", recoded(train, test)))
    return Separation(separation.measurement | others, separation.silhouettes)


def _rescaled(train: Float[np.ndarray, "train features"], test: Points, labels: Labels) -> dict[str, float]:
    return {
        f"{scale}.{metric}": float(silhouette.samples(points, labels, metric).mean())
        for scale, points in scaled(train, test)
        for metric in silhouette.METRICS
    }


def _classified(codes: Labelled, neighbours: Int[np.ndarray, "images k"]) -> Measurement:
    """Accuracy of kNN and of the linear probe."""
    train, train_labels, test, labels = codes.train, codes.train_labels, codes.test, codes.test_labels
    return Measurement.over_images(
        {
            "knn_accuracy": knn.correct(neighbours, train_labels, labels),
            "linear_probe": linear_probe.correct(train, train_labels, test, labels),
        }
    )


def _clustered(codes: Labelled, clusters: Int[np.ndarray, " images"]) -> dict[str, Callable[[Kept], float]]:
    """Compactness of the classes and agreement with clusters, as functions of a mask of test images."""
    test, labels = codes.test, codes.test_labels
    return {
        "davies_bouldin": lambda kept: float(davies_bouldin_score(test[kept], labels[kept])),
        "calinski_harabasz": lambda kept: float(calinski_harabasz_score(test[kept], labels[kept])),
        "kmeans_ari": lambda kept: float(adjusted_rand_score(labels[kept], clusters[kept])),
        "kmeans_nmi": lambda kept: float(normalized_mutual_info_score(labels[kept], clusters[kept])),
    }


def _everyone(metrics: Mapping[str, Callable[[Kept], float]], count: int) -> dict[str, float]:
    return {name: metric(np.ones(count, bool)) for name, metric in metrics.items()}


def _draw_silhouette(samples: dict[str, Float[np.ndarray, " images"]], labels: Labels) -> Figure:
    drawn = figures.figure(4.2)
    panels = drawn.subplots(1, len(samples), sharex=True, squeeze=False)[0]
    for axes, (model, values) in zip(panels, samples.items(), strict=True):
        figures.silhouette(axes, values, labels)
        axes.set_title(f"{label(model)}: mean {values.mean():.3f}", fontsize=10)
    return drawn


def _draw_companions(measurements: Measurements, pixels: Measurement) -> Figure:
    panels = {
        "silhouette": "silhouette",
        "knn_accuracy": "kNN accuracy",
        "linear_probe": "linear probe",
        "kmeans_ari": "k-means ARI",
        "kmeans_nmi": "k-means NMI",
    }
    drawn = figures.figure(3.0)
    for axes, (metric, title) in zip(drawn.subplots(1, len(panels)), panels.items(), strict=True):
        group = {label(model): [one.metrics[metric] for one in seeds.values()] for model, seeds in measurements.items()}
        figures.seeds_and_mean(axes, {"": group | {"pixels": [pixels.metrics[metric]]}})
        axes.set_title(title, fontsize=10)
        axes.tick_params(labelsize=8)
    figures.legend(drawn)
    return drawn
