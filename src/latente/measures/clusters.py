"""Agreement of clusters with the classes. The clusters are found without the classes."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from jaxtyping import Bool, Float, Int, UInt8
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score
from sklearn.mixture import GaussianMixture

from latente.results import halves

Points = Float[np.ndarray, "images features"]
Labels = UInt8[np.ndarray, " images"]
Clusters = Int[np.ndarray, " images"]

SCORES = {"ari": adjusted_rand_score, "nmi": normalized_mutual_info_score}
STARTS = 2
"""Starts of a value. The replicates of `latente.results.halves` then have the right variance over starts."""


def kmeans(points: Points, count: int, start: int) -> Clusters:
    """Clusters from one random start of k-means++ (Arthur & Vassilvitskii 2007)."""
    return np.asarray(KMeans(count, n_init=1, random_state=start).fit_predict(points))


def mixture(points: Points, count: int, start: int) -> Clusters:
    """The most probable component of a mixture of Gaussians with full covariances, from one start by k-means.

    Expectation-maximisation stops when an iteration raises the mean log-likelihood by less than 0.01. Variances have
    a floor of 0.001.
    """
    fitted = GaussianMixture(count, tol=1e-2, reg_covar=1e-3, max_iter=200, random_state=start)
    return np.asarray(fitted.fit_predict(points))


METHODS: Mapping[str, Callable[[Points, int, int], Clusters]] = {"kmeans": kmeans, "mixture": mixture}
"""Name -> a function of points, number of clusters and seed of the start."""


def agreement(
    points: Points, labels: Labels, methods: Sequence[str], seed: Sequence[int]
) -> dict[str, Float[np.ndarray, " parts"]]:
    """Agreement of clusters with the classes, with as many clusters as classes.

    Clusters are found anew for every part, from new starts. So the variance of the replicates is over images and over
    starts.

    Args:
        points: One row per image.
        labels: Class of every image.
        methods: Names in `METHODS`.
        seed: Seed of the starts.

    Returns:
        `METHOD_ari` (Hubert & Arabie 1985) and `METHOD_nmi` (normalised mutual information): 0 is chance, 1 is perfect.
        Element 0 is the mean over two starts, the others are replicates. Empty if the points have no
        dimension.
    """
    if not points.shape[1]:
        return {}
    starts = np.random.default_rng(seed).integers(2**31, size=STARTS + 2 * halves.PAIRS).tolist()

    def scores(kept: Bool[np.ndarray, " images"], start: int) -> Float[np.ndarray, " metrics"]:
        return np.array(list(_scores(points[kept], labels[kept], methods, start).values()))

    everyone = np.ones(len(points), bool)
    value = np.mean([scores(everyone, start) for start in starts[:STARTS]], axis=0)
    replicates = value + halves.offsets(lambda kept, half: scores(kept, starts[STARTS + half]), len(points))
    return dict(zip(_names(methods), np.vstack([value, replicates]).T, strict=True))


def permuted(points: Points, labels: Labels, methods: Sequence[str], seed: Sequence[int]) -> dict[str, float]:
    """The null of `agreement`: the agreement of clusters from one start with permuted classes."""
    generator = np.random.default_rng(seed)
    return _scores(points, generator.permutation(labels), methods, int(generator.integers(2**31)))


def _scores(points: Points, labels: Labels, methods: Sequence[str], start: int) -> dict[str, float]:
    """Agreement of the clusters from one start, for points with a mean variance of 1."""
    points = points / (float(np.sqrt(points.var(0).mean())) or 1.0)
    found = [METHODS[name](points, len(np.unique(labels)), start) for name in methods]
    scores = [float(score(labels, clusters)) for clusters in found for score in SCORES.values()]
    return dict(zip(_names(methods), scores, strict=True))


def _names(methods: Sequence[str]) -> list[str]:
    return [f"{name}_{score}" for name in methods for score in SCORES]
