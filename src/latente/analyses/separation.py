"""Separation: do the classes separate in the latent space?"""

from typing import Annotated

import numpy as np
from jaxtyping import Float, Int, Int64, UInt8
from matplotlib.figure import Figure
from pydantic import Field
from sklearn.cluster import KMeans
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import (
    adjusted_rand_score,
    calinski_harabasz_score,
    davies_bouldin_score,
    normalized_mutual_info_score,
    silhouette_samples,
)
from sklearn.neighbors import NearestNeighbors
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from latente import figures
from latente.data.mnist import CLASSES
from latente.data.splits import Splits
from latente.latents import Latents
from latente.params import Section, Seed
from latente.result import Grid, Result

Points = Float[np.ndarray, "images features"]
TrainPoints = Float[np.ndarray, "train features"]
TrainLabels = UInt8[np.ndarray, " train"]
Labels = UInt8[np.ndarray, " images"]


class Options(Section):
    """Neighbours of the kNN classifier; seed of k-means and of the permutation."""

    neighbours: Annotated[int, Field(ge=1, le=1000)]
    seed: Seed


def analyse(codes: Grid[Latents], images: Splits, options: Options) -> Result:
    """Score the true classes on mean test codes, unscaled, with Euclidean distances.

    Beside every score stands its null under `permuted`: the same with the labels of train and test permuted. The
    subject `pixels` is the same on raw grey levels, the baseline.
    """
    scores: dict[str, dict[str, dict[str, float]]] = {}
    samples: dict[str, Float[np.ndarray, " images"]] = {}
    for model, seeds in codes.items():
        for seed, every in seeds.items():
            train, test = every.only("train"), every.only("test")
            found, silhouettes = score(train.mean, train.label, test.mean, test.label, options)
            scores.setdefault(model, {})[str(seed)] = found
            samples.setdefault(model, silhouettes)
    grey = [(part.pixels / 255).astype(np.float32) for part in (images.train, images.test)]
    pixels, _ = score(grey[0], images.train.labels, grey[1], images.test.labels, options)
    drawn = {
        "silhouette": _draw_silhouette(samples, images.test.labels),
        "companions": _draw_companions(scores, pixels),
    }
    return Result({**scores, "pixels": {"data": pixels}}, drawn)


def score(
    train: TrainPoints, train_labels: TrainLabels, test: Points, test_labels: Labels, options: Options
) -> tuple[dict[str, float], Float[np.ndarray, " images"]]:
    """Every score of separation, its null, and the silhouette of every test image.

    Args:
        train: Codes that the classifiers are fitted on.
        train_labels: Their classes.
        test: Codes that are scored.
        test_labels: Their classes; at least two.
        options: Neighbours and seed.

    Returns:
        silhouette: Rousseeuw 1987; in [-1, 1], higher is better; also by class.
        davies_bouldin: Davies & Bouldin 1979; at least 0, lower is better.
        calinski_harabasz: Caliński & Harabasz 1974; at least 0, higher is better.
        knn_accuracy, linear_probe: Accuracy on test codes of classifiers fitted on train codes; higher is better.
        kmeans_ari, kmeans_nmi: Agreement of k-means clusters of the test codes with the classes; higher is better.
        Then the same names under `permuted.`.
    """
    generator = np.random.default_rng(options.seed)
    clusters = KMeans(CLASSES, n_init=4, random_state=options.seed).fit_predict(test)
    nearest = NearestNeighbors(n_neighbors=min(options.neighbours, len(train)), algorithm="brute").fit(train)
    neighbours = nearest.kneighbors(test, return_distance=False)  # they serve every labelling
    silhouettes = np.asarray(silhouette_samples(test, test_labels))
    found = _supervised(train, train_labels, test, test_labels, neighbours) | _geometric(test, test_labels, clusters)
    by_class = {
        f"class.{digit}.silhouette": float(silhouettes[test_labels == digit].mean()) for digit in np.unique(test_labels)
    }
    shuffled_train, shuffled_test = generator.permutation(train_labels), generator.permutation(test_labels)
    null = _supervised(train, shuffled_train, test, shuffled_test, neighbours) | _geometric(
        test, shuffled_test, clusters
    )
    null["silhouette"] = float(silhouette_samples(test, shuffled_test).mean())
    return (
        {"silhouette": float(silhouettes.mean())}
        | found
        | by_class
        | {f"permuted.{name}": value for name, value in null.items()},
        silhouettes,
    )


def _supervised(
    train: TrainPoints,
    train_labels: TrainLabels,
    test: Points,
    test_labels: Labels,
    neighbours: Int64[np.ndarray, "images k"],
) -> dict[str, float]:
    votes = np.eye(CLASSES)[train_labels[neighbours]].sum(1).argmax(1)
    probe = make_pipeline(StandardScaler(), LogisticRegression(max_iter=200, tol=1e-3))
    return {
        "knn_accuracy": float((votes == test_labels).mean()),
        "linear_probe": float(probe.fit(train, train_labels).score(test, test_labels)),
    }


def _geometric(test: Points, labels: Labels, clusters: Int[np.ndarray, " images"]) -> dict[str, float]:
    return {
        "davies_bouldin": float(davies_bouldin_score(test, labels)),
        "calinski_harabasz": float(calinski_harabasz_score(test, labels)),
        "kmeans_ari": float(adjusted_rand_score(labels, clusters)),
        "kmeans_nmi": float(normalized_mutual_info_score(labels, clusters)),
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
