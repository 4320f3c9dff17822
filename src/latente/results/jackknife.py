"""The delete-a-group jackknife: recompute a metric without each group of images to estimate its variance."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
from jaxtyping import Bool, Float, Int64, Shaped, UInt8

GROUPS = 20
"""Number of groups: enough for a stable variance (19 degrees of freedom), and few enough for slow metrics."""

Replicates = Float[np.ndarray, " groups"]
"""A metric without each group, in the order of the groups (Shao & Tu 1995)."""


def assign(count: int) -> Int64[np.ndarray, " images"]:
    """The group of every image. Groups are random and of equal size; they depend only on the number of images.

    Models and seeds that are measured on the same images leave out the same groups, so their values can be paired.
    """
    return np.random.default_rng(count).permutation(np.arange(count) % GROUPS)


def left_out(values: Shaped[np.ndarray, " images"]) -> Replicates:
    """The mean over images without each group, for a number or a boolean of every image.

    Example:
        >>> bool(np.ptp(left_out(np.ones(100))) == 0)
        True
    """
    group, values = assign(len(values)), values.astype(np.float64)
    sums, sizes = np.bincount(group, values, GROUPS), np.bincount(group, minlength=GROUPS)
    return np.asarray((values.sum() - sums) / (len(values) - sizes))


def recomputed(metric: Callable[[Bool[np.ndarray, " images"]], float], count: int) -> Replicates:
    """A metric recomputed without each group.

    Args:
        metric: A function of the mask of the images to keep.
        count: Number of images.
    """
    group = assign(count)
    return np.array([metric(group != each) for each in range(GROUPS)])


def variance(left_out: Float[np.ndarray, " replicates"]) -> float:
    """The jackknife variance of a number, from its values without each part.

    Example:
        >>> round(variance(np.array([1.0, 2.0, 3.0])), 3)
        1.333
    """
    count = len(left_out)
    return float((count - 1) / count * np.square(left_out - left_out.mean()).sum())


def class_means(
    values: Float[np.ndarray, "images features"], labels: UInt8[np.ndarray, " images"]
) -> Float[np.ndarray, "parts classes features"]:
    """The mean of each class: part 0 has all images, part 1 + g lacks group g."""
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
