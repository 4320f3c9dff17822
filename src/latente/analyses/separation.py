"""Separation: do the classes separate in the latent space?"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from jaxtyping import Bool, Float, Int, Int64, UInt8
from matplotlib.figure import Figure
from pydantic import Field
from sklearn.cluster import KMeans
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import (
    adjusted_rand_score,
    calinski_harabasz_score,
    davies_bouldin_score,
    normalized_mutual_info_score,
)
from sklearn.neighbors import NearestNeighbors
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from latente import figures, groups, silhouette
from latente.data.mnist import CLASSES
from latente.data.splits import Splits
from latente.groups import Replicates
from latente.latents import Latents
from latente.params import Section, Seed
from latente.result import Grid, Result

Points = Float[np.ndarray, "images features"]
TrainPoints = Float[np.ndarray, "train features"]
TrainLabels = UInt8[np.ndarray, " train"]
Labels = UInt8[np.ndarray, " images"]
Correct = Bool[np.ndarray, " images"]


class Options(Section):
    """Neighbours of the kNN classifier; permutations of the labels that the silhouette is held against; seed."""

    neighbours: Annotated[int, Field(ge=1, le=1000)]
    permutations: Annotated[int, Field(ge=1, le=10_000)]
    seed: Seed


@dataclass(frozen=True)
class Scored:
    """Scores of one set of codes, some also with each group of test images left out; the silhouette of every image."""

    metrics: dict[str, float]
    replicates: dict[str, Replicates]
    silhouettes: Float[np.ndarray, " images"]


def analyse(codes: Grid[Latents], images: Splits, options: Options) -> Result:
    """Score the true classes on mean test codes, unscaled, with Euclidean distances.

    Beside every score stands its null under `permuted`: the same with the labels of train and test permuted; and under
    `recoded` the silhouette by other choices: mean or sampled code; raw, standardised or whitened; Euclidean or cosine
    distance. The subject `pixels` is the same on raw grey levels, the baseline.
    """
    found: dict[str, dict[str, Scored]] = {}
    for model, seeds in codes.items():
        for seed, every in seeds.items():
            train, test = every.only("train"), every.only("test")
            scored = score(train.mean, train.label, test.mean, test.label, options)
            scored.metrics.update({f"recoded.{name}": value for name, value in recoded(train, test).items()})
            found.setdefault(model, {})[str(seed)] = scored
    grey = [(part.pixels / 255).astype(np.float32) for part in (images.train, images.test)]
    pixels = score(grey[0], images.train.labels, grey[1], images.test.labels, options)
    found["pixels"] = {"data": pixels}
    scores = {subject: {seed: each.metrics for seed, each in seeds.items()} for subject, seeds in found.items()}
    replicates = {subject: {seed: each.replicates for seed, each in seeds.items()} for subject, seeds in found.items()}
    drawn = {
        "silhouette": _draw_silhouette(
            {model: next(iter(found[model].values())).silhouettes for model in codes}, images.test.labels
        ),
        "companions": _draw_companions({model: scores[model] for model in codes}, pixels.metrics),
    }
    return Result(scores, drawn, replicates)


def score(train: TrainPoints, train_labels: TrainLabels, test: Points, test_labels: Labels, options: Options) -> Scored:
    """Every score of separation, its null, and the silhouette of every test image.

    Args:
        train: Codes that the classifiers are fitted on.
        train_labels: Their classes.
        test: Codes that are scored.
        test_labels: Their classes; at least two.
        options: Neighbours and seed.

    Returns:
        silhouette: Rousseeuw 1987; in [-1, 1], higher is better; also by class.
        silhouette_p: Of the hypothesis that the classes mean nothing to the codes: the share of permuted labellings,
            the true one among them, that score as high.
        davies_bouldin: Davies & Bouldin 1979; at least 0, lower is better.
        calinski_harabasz: Caliński & Harabasz 1974; at least 0, higher is better.
        knn_accuracy, linear_probe: Accuracy on test codes of classifiers fitted on train codes; higher is better.
        kmeans_ari, kmeans_nmi: Agreement of k-means clusters of the test codes with the classes; higher is better.
        Then the same names under `permuted.`; for the silhouette the mean over the permutations.
    """
    generator = np.random.default_rng(options.seed)
    clusters = KMeans(CLASSES, n_init=4, random_state=options.seed).fit_predict(test)
    nearest = NearestNeighbors(n_neighbors=min(options.neighbours, len(train)), algorithm="brute").fit(train)
    neighbours = nearest.kneighbors(test, return_distance=False)  # they serve every labelling
    silhouettes, left_out = silhouette.left_out(test, test_labels)
    correct = _supervised(train, train_labels, test, test_labels, neighbours)
    geometric = _geometric(test, test_labels, clusters)
    by_class = {
        f"class.{digit}.silhouette": float(silhouettes[test_labels == digit].mean()) for digit in np.unique(test_labels)
    }
    shuffled_train, shuffled_test = generator.permutation(train_labels), generator.permutation(test_labels)
    null = _means(_supervised(train, shuffled_train, test, shuffled_test, neighbours))
    null |= {
        name: metric(np.ones(len(test), bool)) for name, metric in _geometric(test, shuffled_test, clusters).items()
    }
    shuffled = silhouette.permuted(test, test_labels, options.permutations, options.seed)
    null["silhouette"] = float(shuffled.mean())
    values = {"silhouette": float(silhouettes.mean())} | _means(correct)
    values["silhouette_p"] = float(((shuffled >= silhouettes.mean()).sum() + 1) / (options.permutations + 1))
    values |= {name: metric(np.ones(len(test), bool)) for name, metric in geometric.items()}
    return Scored(
        values | by_class | {f"permuted.{name}": value for name, value in null.items()},
        {"silhouette": left_out}
        | {name: groups.left_out(each) for name, each in correct.items()}
        | {name: groups.recomputed(metric, len(test)) for name, metric in geometric.items()},
        silhouettes,
    )


def recoded(train: Latents, test: Latents) -> dict[str, float]:
    """The silhouette of test codes by every choice of code, scale and distance, named `code.scale.distance`.

    Scales are those of the training codes. A point posterior has its mean for a sample.
    """
    found = {f"at_mean.{name}": value for name, value in _rescaled(train.mean, test.mean, test.label)}
    if np.array_equal(test.sample, test.mean):
        return found | {name.replace("at_mean", "at_sample", 1): value for name, value in found.items()}
    return found | {f"at_sample.{name}": value for name, value in _rescaled(train.sample, test.sample, test.label)}


def _rescaled(train: TrainPoints, test: Points, labels: Labels) -> Iterator[tuple[str, float]]:
    for scale, points in _scaled(train.astype(np.float64), test.astype(np.float64)):
        for metric in ("euclidean", "cosine"):
            yield f"{scale}.{metric}", float(silhouette.samples(points, labels, metric).mean())


def _scaled(train: TrainPoints, test: Points) -> Iterator[tuple[str, Points]]:
    """Codes as they are, with unit variance along every dimension, and along every principal direction."""
    yield "raw", test
    centre, spread = train.mean(0), train.std(0)
    used = spread > 0  # a constant dimension tells no images apart
    yield "standardised", ((test - centre) / np.where(used, spread, 1))
    values, directions = np.linalg.eigh(np.atleast_2d(np.cov(train, rowvar=False)))
    kept = values > values.max() * np.finfo(np.float32).eps
    yield "whitened", (test - centre) @ (directions[:, kept] / np.sqrt(values[kept]))


def _supervised(
    train: TrainPoints,
    train_labels: TrainLabels,
    test: Points,
    test_labels: Labels,
    neighbours: Int64[np.ndarray, "images k"],
) -> dict[str, Correct]:
    """Which test images each classifier tells."""
    votes = np.eye(CLASSES)[train_labels[neighbours]].sum(1).argmax(1)
    probe = make_pipeline(StandardScaler(), LogisticRegression(max_iter=200, tol=1e-3)).fit(train, train_labels)
    return {"knn_accuracy": votes == test_labels, "linear_probe": probe.predict(test) == test_labels}


def _means(correct: dict[str, Correct]) -> dict[str, float]:
    return {name: float(each.mean()) for name, each in correct.items()}


def _geometric(
    test: Points, labels: Labels, clusters: Int[np.ndarray, " images"]
) -> dict[str, Callable[[Correct], float]]:
    """Scores of any part of the test images, given as a mask."""
    return {
        "davies_bouldin": lambda kept: float(davies_bouldin_score(test[kept], labels[kept])),
        "calinski_harabasz": lambda kept: float(calinski_harabasz_score(test[kept], labels[kept])),
        "kmeans_ari": lambda kept: float(adjusted_rand_score(labels[kept], clusters[kept])),
        "kmeans_nmi": lambda kept: float(normalized_mutual_info_score(labels[kept], clusters[kept])),
    }


def _draw_silhouette(samples: dict[str, Float[np.ndarray, " images"]], labels: Labels) -> Figure:
    drawn = figures.figure(4.2)
    panels = drawn.subplots(1, len(samples), sharex=True, squeeze=False)[0]
    for axes, (model, values) in zip(panels, samples.items(), strict=True):
        figures.silhouette(axes, values, labels)
        axes.set_title(f"{figures.label(model)}: mean {values.mean():.3f}", fontsize=10)
    return drawn


def _draw_companions(scores: dict[str, dict[str, dict[str, float]]], pixels: dict[str, float]) -> Figure:
    panels = {
        "silhouette": "silhouette",
        "knn_accuracy": "kNN accuracy",
        "linear_probe": "linear probe",
        "kmeans_ari": "k-means ARI",
        "kmeans_nmi": "k-means NMI",
    }
    drawn = figures.figure(3.0)
    for axes, (metric, title) in zip(drawn.subplots(1, len(panels)), panels.items(), strict=True):
        group = {figures.label(model): [v[metric] for v in seeds.values()] for model, seeds in scores.items()}
        figures.seeds_and_mean(axes, {"": group | {"pixels": [pixels[metric]]}})
        axes.set_title(title, fontsize=10)
        axes.tick_params(labelsize=8)
    figures.legend(drawn)
    return drawn
