"""Stratified random samples: each class keeps its share."""

import numpy as np
from jaxtyping import Int64, UInt8


def stratified(labels: UInt8[np.ndarray, " images"], size: int, seed: int) -> Int64[np.ndarray, " chosen"]:
    """Choose images at random so that each class keeps its share.

    Args:
        labels: Class of every image.
        size: Number of images to choose, at most all of them.
        seed: Seed of the choice.

    Returns:
        Indices in random order. The shares of the classes are rounded so that they add up to `size`.

    Example:
        >>> labels = np.repeat(np.arange(2, dtype=np.uint8), [30, 10])
        >>> np.bincount(labels[stratified(labels, 8, seed=0)]).tolist()
        [6, 2]
    """
    chosen, _ = two_parts(labels, size, seed)
    return chosen


def two_parts(
    labels: UInt8[np.ndarray, " images"], size: int, seed: int
) -> tuple[Int64[np.ndarray, " first"], Int64[np.ndarray, " second"]]:
    """Split the images at random into two parts. Each class keeps its share in both parts.

    Every image gets a rank in [0, 1) within its class. The images with the `size` lowest ranks are the first part.

    Args:
        labels: Class of every image.
        size: Size of the first part.
        seed: Seed of the split.

    Returns:
        Indices of the first part and of the second, each in random order.
    """
    generator = np.random.default_rng(seed)
    shuffled = generator.permutation(len(labels))
    rank = np.empty(len(labels))
    for value in np.unique(labels):
        members = shuffled[labels[shuffled] == value]
        rank[members] = (np.arange(len(members)) + 0.5) / len(members)
    first = np.zeros(len(labels), dtype=bool)
    first[np.argsort(rank, kind="stable")[:size]] = True
    return shuffled[first[shuffled]], shuffled[~first[shuffled]]
