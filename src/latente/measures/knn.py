"""Which images the k nearest neighbours classify correctly."""

import numpy as np
from jaxtyping import Bool, Float, Int64, UInt8
from sklearn.model_selection import StratifiedKFold
from sklearn.neighbors import NearestNeighbors

Labels = UInt8[np.ndarray, " images"]
Correct = Bool[np.ndarray, " images"]


def nearest(
    train: Float[np.ndarray, "train features"], test: Float[np.ndarray, "images features"], neighbours: int
) -> Int64[np.ndarray, "images k"]:
    """Indices of the k nearest training points of every test point, or of all training points if k is larger."""
    fitted = NearestNeighbors(n_neighbors=min(neighbours, len(train)), algorithm="brute").fit(train)
    return np.asarray(fitted.kneighbors(test, return_distance=False))


def correct(
    neighbours: Int64[np.ndarray, "images k"], train_labels: UInt8[np.ndarray, " train"], test_labels: Labels
) -> Correct:
    """Whether the most frequent class among the neighbours is correct. In a tie, the smaller class number wins.

    Args:
        neighbours: Result of `nearest`; it does not depend on the labels.
        train_labels: Class of every training point.
        test_labels: Class of every test point.

    Example:
        >>> labels = np.array([0, 0, 1], dtype=np.uint8)
        >>> correct(np.array([[0, 1, 2]]), labels, np.array([0], dtype=np.uint8)).tolist()
        [True]
    """
    votes = np.eye(int(train_labels.max()) + 1)[train_labels[neighbours]].sum(1)
    return np.asarray(votes.argmax(1) == test_labels)


def cross_validated(points: Float[np.ndarray, "images features"], labels: Labels, neighbours: int) -> Correct:
    """Which points kNN classifies correctly in five-fold cross-validation; neighbours come from the other parts."""
    right = np.zeros(len(labels), dtype=bool)
    for rest, part in StratifiedKFold(5).split(points, labels):
        right[part] = correct(nearest(points[rest], points[part], neighbours), labels[rest], labels[part])
    return right
