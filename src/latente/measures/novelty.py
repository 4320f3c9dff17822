"""Scores that should tell foreign images from those of the data set."""

import numpy as np
from jaxtyping import Float
from scipy.stats import rankdata
from sklearn.neighbors import NearestNeighbors

from latente.results import jackknife
from latente.results.jackknife import GROUPS


def nearest_distance(
    train: Float[np.ndarray, "train latent"], codes: Float[np.ndarray, "images latent"], neighbours: int
) -> Float[np.ndarray, " images"]:
    """Mean Euclidean distance of every code to its nearest training codes.

    References:
        Sun, Ming, Zhu & Li, Out-of-distribution detection with deep nearest neighbors, 2022.
        https://arxiv.org/abs/2204.06507
    """
    fitted = NearestNeighbors(n_neighbors=min(neighbours, len(train)), algorithm="brute").fit(train)
    return np.asarray(fitted.kneighbors(codes)[0].mean(1), dtype=np.float64)


def auroc(own: Float[np.ndarray, " own"], foreign: Float[np.ndarray, " foreign"]) -> Float[np.ndarray, " parts"]:
    """The probability that a foreign image has a higher score than an image of the data set.

    Args:
        own: Scores of images of the data set, which no model trained on.
        foreign: Scores of foreign images. A high score should mean foreign.

    Returns:
        In [0, 1]: 1 if the score tells all foreign images, 0.5 is chance; below 0.5, foreign images look more typical
        than the images of the data set. Element 0 has all images, element 1 + g lacks group g of both.

    Example:
        >>> float(auroc(np.arange(40.0), np.arange(40.0) + 100)[0])
        1.0
    """
    groups = [jackknife.assign(len(scores)) for scores in (own, foreign)]
    left = [
        [scores[group != each] for scores, group in zip((own, foreign), groups, strict=True)] for each in range(GROUPS)
    ]
    return np.array([_auroc(*pair) for pair in ([own, foreign], *left)])


def _auroc(own: Float[np.ndarray, " own"], foreign: Float[np.ndarray, " foreign"]) -> float:
    """From the ranks (Mann & Whitney 1947); ties count as a half. scikit-learn's function takes ten times as long."""
    ranks = rankdata(np.concatenate([own, foreign]))[len(own) :]
    return float((ranks.mean() - (len(foreign) + 1) / 2) / len(own))
