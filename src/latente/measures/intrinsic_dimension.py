"""Intrinsic dimension: the number of coordinates that points need, estimated from distances to neighbours."""

import numpy as np
from jaxtyping import Float
from sklearn.neighbors import NearestNeighbors

from latente.results import jackknife
from latente.results.jackknife import Replicates
from latente.results.measurement import Measurement

Cloud = Float[np.ndarray, "images features"]
Distances = Float[np.ndarray, "distinct k"]
"""Distances from every distinct point to its nearest other points, nearest first."""
Local = Float[np.ndarray, " distinct"]


def intrinsic(points: Cloud, neighbours: int) -> Measurement:
    """Intrinsic dimension of points: the number of coordinates that they need.

    Args:
        points: One row per image. Equal rows count once.
        neighbours: Number of neighbours of the maximum-likelihood estimate.

    Returns:
        intrinsic_dimension: See `two_nn`.
        intrinsic_dimension_mle: See `local` and `mle`.
        Empty if points have a single coordinate, or if there are too few points: the estimators refuse them.
    """
    return estimates(distances(points, neighbours), len(points), neighbours)


def distances(points: Cloud, most: int) -> Distances:
    """Distances to the nearest neighbours. All estimates use them, so one search serves every number of neighbours.

    Args:
        points: One row per image. Equal rows count once.
        most: Number of neighbours. There are fewer columns if there are fewer points, and none if points have a single
            coordinate.
    """
    distinct = _distinct(points)
    most = min(most, len(distinct) - 1) if points.shape[1] > 1 else 0
    if not most:
        return np.empty((len(distinct), 0))
    found, _ = NearestNeighbors(n_neighbors=most).fit(distinct).kneighbors()
    return np.asarray(found)


def estimates(near: Distances, images: int, neighbours: int) -> Measurement:
    """Both estimates. They have replicates if no two images are equal, because equal images share one estimate.

    Args:
        near: Result of `distances`.
        images: Number of images, equal ones included.
        neighbours: Number of neighbours of the maximum-likelihood estimate.

    Returns:
        `intrinsic_dimension` and `intrinsic_dimension_mle`, as in `intrinsic`; empty if there are too few points.
    """
    found = likelihood(near, images, neighbours)
    if not found.metrics:
        return found
    replicates = {"intrinsic_dimension": two_nn_left_out(near)} if len(near) == images else {}
    return found | Measurement({"intrinsic_dimension": two_nn(near)}, replicates)


def likelihood(near: Distances, images: int, neighbours: int) -> Measurement:
    """The estimate `intrinsic_dimension_mle` alone, as in `estimates`."""
    if near.shape[1] < neighbours:
        return Measurement({})
    name, found = "intrinsic_dimension_mle", local(near, neighbours)
    replicates = {name: mle_left_out(found)} if len(near) == images else {}
    return Measurement({name: mle(found)}, replicates)


def two_nn(near: Distances) -> float:
    """TwoNN (Facco et al. 2017): the dimension from the two nearest neighbours. It has at least two columns."""
    from skdim.id import TwoNN  # noqa: PLC0415 (two seconds to import)

    return float(TwoNN(dist=True).fit(near[:, :2]).dimension_)


def local(near: Distances, neighbours: int) -> Local:
    """One maximum-likelihood estimate of the dimension for every point (Levina & Bickel 2004).

    Args:
        near: Distances, with at least `neighbours` columns.
        neighbours: Number of neighbours that the estimate uses, at least 3.
    """
    from skdim.id import MLE  # noqa: PLC0415 (as above)

    found = near[:, :neighbours]
    # With distances given, the estimator only counts the rows of its first argument.
    return np.asarray(MLE().fit(near, precomputed_knn_arrays=(found, None), n_neighbors=neighbours).dimension_pw_)


def mle(local: Local) -> float:
    """The maximum-likelihood dimension of all points: the harmonic mean (MacKay & Ghahramani 2005)."""
    return float(1 / np.mean(1 / local))


def two_nn_left_out(near: Distances) -> Replicates:
    """TwoNN without each group of images. The group still counts among the neighbours. No two points may be equal."""
    return jackknife.recomputed(lambda kept: two_nn(near[kept]), len(near))


def mle_left_out(local: Local) -> Replicates:
    """The maximum-likelihood dimension without each group of images. The group still counts among the neighbours.

    No two points may be equal, because only one of them has an estimate.
    """
    return np.asarray(1 / jackknife.left_out(1 / local))


def _distinct(points: Cloud) -> Float[np.ndarray, "distinct features"]:
    """The points without duplicates. Without any duplicate, the points keep their order."""
    found = np.unique(points, axis=0)
    return points if len(found) == len(points) else found
