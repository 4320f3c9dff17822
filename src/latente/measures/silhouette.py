"""Silhouette in tiles: one pass over the distances gives the values for all images, classes and groups of images.

References:
    Rousseeuw, Silhouettes: a graphical aid to the interpretation and validation of cluster analysis, 1987.
"""

from collections.abc import Iterator
from itertools import combinations_with_replacement
from typing import Literal

import numpy as np
from jaxtyping import Float, Float32, Int64, UInt8

from latente.results import jackknife
from latente.results.jackknife import GROUPS, Replicates

Codes = Float[np.ndarray, "images features"]
Labels = UInt8[np.ndarray, " images"]
Values = Float[np.ndarray, " _"]

Metric = Literal["euclidean", "cosine"]
METRICS: tuple[Metric, ...] = ("euclidean", "cosine")

_TILE = 512  # rows and columns of a tile of distances: 1 MB, which fits into a core's cache
_SUMS = 1000  # of every image in one pass: 100 labellings of 10 classes; they need 80 MB for 10,000 images


def samples(points: Codes, labels: Labels, metric: Metric = "euclidean") -> Values:
    """The silhouette of every image.

    Args:
        points: One row per image.
        labels: Class of every image; at least two classes.
        metric: Distance; the cosine distance is one minus the cosine of the angle at the origin.

    Returns:
        In [-1, 1]; higher is better; 0 for the only image of its class.
    """
    classes, index = np.unique(labels, return_inverse=True)
    return _values(_cell_sums(points, index, len(classes), metric), np.bincount(index), index)


def parts(points: Codes, labels: Labels, metric: Metric = "euclidean") -> list[Values]:
    """The silhouette of every image, and of the images that stay without each group.

    The values without a group also ignore the distances to that group. They are therefore the silhouettes of a smaller
    set of images, and not only fewer values.

    Args:
        points: One row per image.
        labels: Class of every image; at least two classes.
        metric: Distance, as in `samples`.

    Returns:
        Element 0 has all images; element 1 + g has the images that are not in group g, in their order.
    """
    classes, index = np.unique(labels, return_inverse=True)
    group = jackknife.assign(len(points))
    cell, count = index * GROUPS + group, len(classes)
    sums = _cell_sums(points, cell, count * GROUPS, metric).reshape(count, GROUPS, -1)
    sizes = np.bincount(cell, minlength=count * GROUPS).reshape(count, GROUPS)
    whole, every = sums.sum(1), sizes.sum(1)
    left = [
        _values((whole - sums[:, each])[:, kept], every - sizes[:, each], index[kept])
        for each in range(GROUPS)
        for kept in [group != each]
    ]
    return [_values(whole, every, index), *left]


def left_out(points: Codes, labels: Labels, metric: Metric = "euclidean") -> tuple[Values, Replicates]:
    """The silhouette of every image, and the mean silhouette without each group of images."""
    whole, *left = parts(points, labels, metric)
    return whole, np.array([values.mean() for values in left])


def permuted(points: Codes, labels: Labels, permutations: int, seed: int) -> Float[np.ndarray, " permutations"]:
    """The mean silhouette for several permutations of the labels: the null distribution of the silhouette.

    Args:
        points: One row per image.
        labels: Class of every image; at least two classes.
        permutations: Number of permutations. One pass over the distances is enough for 100 permutations of 10 classes.
        seed: Seed of the permutations.
    """
    generator = np.random.default_rng(seed)
    classes, index = np.unique(labels, return_inverse=True)
    sizes, count, everyone = np.bincount(index), len(classes), np.ones((len(index), 1), np.float32)
    means: list[float] = []
    step = max(1, _SUMS // count)
    for start in range(0, permutations, step):
        shuffled = [generator.permutation(index) for _ in range(min(step, permutations - start))]
        sums = _sums(points, np.hstack([everyone, *(_members(each, count)[:, 1:] for each in shuffled)])).T
        for each, others in zip(shuffled, np.split(sums[1:], len(shuffled)), strict=True):
            means.append(_values(np.vstack([sums[0] - others.sum(0), others]), sizes, each).mean())
    return np.array(means)


def _members(column: Int64[np.ndarray, " images"], columns: int) -> Float32[np.ndarray, "images columns"]:
    """1 where an image belongs to a column, otherwise 0."""
    members = np.zeros((len(column), columns), np.float32)
    members[np.arange(len(column)), column] = 1
    return members


def _sums(points: Codes, members: Float32[np.ndarray, "images columns"]) -> Float[np.ndarray, "images columns"]:
    """Sum of the Euclidean distances from every image to the images of every column."""
    sums = np.zeros(members.shape)
    for here, there, tile in _tiles(points, "euclidean"):
        sums[here] += tile @ members[there]
        if here != there:
            sums[there] += tile.T @ members[here]
    return sums


def _cell_sums(
    points: Codes, cell: Int64[np.ndarray, " images"], cells: int, metric: Metric
) -> Float[np.ndarray, "cells images"]:
    """Sum of the distances from every image to the images of every cell; an image is in one cell.

    The images are sorted by cell. A tile then has images of few cells, and the product with their members is small.
    """
    order = np.argsort(cell, kind="stable")
    ordered, sums = cell[order], np.zeros((cells, len(cell)))
    for here, there, tile in _tiles(points[order], metric):
        _add(sums[:, here], tile.T, ordered[there])
        if here != there:
            _add(sums[:, there], tile, ordered[here])
    unsorted = np.empty_like(sums)
    unsorted[:, order] = sums
    return unsorted


def _add(
    sums: Float[np.ndarray, "cells rows"],
    distances: Float32[np.ndarray, "columns rows"],
    ordered: Int64[np.ndarray, " columns"],
) -> None:
    """Add distances to the sums of the cells of their columns."""
    first, last = ordered[0], ordered[-1] + 1
    sums[first:last] += _members(ordered - first, int(last - first)).T @ distances


def _tiles(points: Codes, metric: Metric) -> Iterator[tuple[slice, slice, Float32[np.ndarray, "rows columns"]]]:
    """Distances between images in tiles; a tile off the diagonal stands for its mirror image too.

    Distances come from a matrix product of centred points in float32. The error of a silhouette stays below 1e-5.
    """
    if metric == "cosine":  # the cosine distance is half the squared distance of unit vectors
        lengths = np.linalg.norm(points, axis=1, keepdims=True)
        points = points / np.maximum(lengths, np.finfo(points.dtype).tiny)
    x = (points - points.mean(0)).astype(np.float32)
    squares, one = np.square(x).sum(1, keepdims=True), np.ones((len(x), 1), np.float32)
    rows, columns = np.hstack([-2 * x, squares, one]), np.hstack([x, one, squares])
    slices = [slice(start, start + _TILE) for start in range(0, len(x), _TILE)]
    for here, there in combinations_with_replacement(slices, 2):
        tile = np.maximum(rows[here] @ columns[there].T, 0)  # |a|² - 2ab + |b|²
        if here == there:
            np.fill_diagonal(tile, 0)  # rounding can make the distance to itself positive
        yield here, there, tile if metric == "cosine" else np.sqrt(tile, out=tile)


def _values(
    sums: Float[np.ndarray, "classes images"], sizes: Int64[np.ndarray, " classes"], index: Int64[np.ndarray, " images"]
) -> Values:
    own = index, np.arange(len(index))
    inner = sums[own] / np.maximum(sizes[index] - 1, 1)
    others = sums / np.maximum(sizes, 1)[:, None]
    others[sizes == 0] = np.inf
    others[own] = np.inf
    outer = others.min(0)
    widest = np.maximum(inner, outer)
    found = np.divide(outer - inner, widest, out=np.zeros(len(index)), where=(widest > 0) & (sizes[index] > 1))
    return np.asarray(found)
