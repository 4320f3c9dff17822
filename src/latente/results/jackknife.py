"""Groups of images, left out one at a time: how much a number would move with other images."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
from jaxtyping import Bool, Float, Int64, Shaped, UInt8

GROUPS = 20
"""Enough for a stable variance (19 degrees of freedom), few enough that any metric can be computed as often."""

Replicates = Float[np.ndarray, " groups"]
"""A metric with each group left out, for the delete-a-group jackknife (Shao & Tu 1995)."""


def assign(count: int) -> Int64[np.ndarray, " images"]:
    """The group of every image: at random, of equal size, and the same for every list of that length.

    Models and seeds that are measured on the same images thus leave out the same ones, and can be paired.
    """
    return np.random.default_rng(count).permutation(np.arange(count) % GROUPS)


def left_out(values: Shaped[np.ndarray, " images"]) -> Replicates:
    """The mean of a number, or a yes or no, of every image without each group.

    Example:
        >>> bool(np.ptp(left_out(np.ones(100))) == 0)
        True
    """
    group, values = assign(len(values)), values.astype(np.float64)
    sums, sizes = np.bincount(group, values, GROUPS), np.bincount(group, minlength=GROUPS)
    return np.asarray((values.sum() - sums) / (len(values) - sizes))


def recomputed(metric: Callable[[Bool[np.ndarray, " images"]], float], count: int) -> Replicates:
    """A metric computed anew without each group.

    Args:
        metric: Takes the mask of the images that stay.
        count: Of all images.
    """
    group = assign(count)
    return np.array([metric(group != each) for each in range(GROUPS)])


def class_means(
    values: Float[np.ndarray, "images features"], labels: UInt8[np.ndarray, " images"]
) -> Float[np.ndarray, "parts classes features"]:
    """The mean of each class: first of all its images, then without each group."""
    classes, index = np.unique(labels, return_inverse=True)
    cell = index * GROUPS + assign(len(values))
    order = np.argsort(cell, kind="stable")
    sizes = np.bincount(cell, minlength=len(classes) * GROUPS)
    starts = np.concatenate([[0], np.cumsum(sizes)])
    sums = np.array([values[order[a:b]].sum(0, dtype=np.float64) for a, b in pairwise(starts)])
    sums, sizes = sums.reshape(len(classes), GROUPS, -1).swapaxes(0, 1), sizes.reshape(len(classes), GROUPS).T
    every, counts = sums.sum(0, keepdims=True), sizes.sum(0, keepdims=True)
    left = np.concatenate([every, every - sums]) / np.concatenate([counts, counts - sizes])[:, :, None]
    return np.asarray(left)
