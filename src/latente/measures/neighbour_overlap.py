"""Overlap of neighbours: do two drawings of the same images show the same images beside each other?"""

import numpy as np
from jaxtyping import Float, Int64
from sklearn.neighbors import NearestNeighbors

Neighbours = Int64[np.ndarray, "images k"]


def nearest(points: Float[np.ndarray, "images features"], neighbours: int) -> Neighbours:
    """Indices of the k nearest other points of every point.

    Args:
        points: One row per image: its place in a drawing, or its code.
        neighbours: k; at most the number of images minus two.
    """
    fitted = NearestNeighbors(n_neighbors=neighbours, algorithm="brute").fit(points)
    return np.asarray(fitted.kneighbors(return_distance=False))


def overlap(a: Neighbours, b: Neighbours) -> Float[np.ndarray, " images"]:
    r"""Share of the neighbours of every image that two drawings have in common, adjusted for chance.

    If the positions of a drawing are permuted at random, the share is $k / (n - 1)$ on average, for $k$ neighbours and
    $n$ images. The adjusted share of a share $s$ is $(s - c) / (1 - c)$, where $c$ is this chance level.

    Args:
        a: Neighbours in one drawing, from `nearest`.
        b: Neighbours of the same images in the other drawing.

    Returns:
        At most 1; higher is more alike. The mean over images is 1 for drawings with the same neighbours, for instance a
        drawing and its rotation, and 0 for independent drawings.

    Example:
        >>> line = np.arange(6.0)[:, None]
        >>> overlap(nearest(line, 2), nearest(-3 * line, 2)).tolist()
        [1.0, 1.0, 1.0, 1.0, 1.0, 1.0]
    """
    images, k = a.shape
    shared = (a[:, :, None] == b[:, None, :]).sum((1, 2)) / k
    chance = k / (images - 1)
    return np.asarray((shared - chance) / (1 - chance))
