"""Intrinsic dimension: the number of coordinates that points need, estimated from distances to neighbours."""

import numpy as np
from jaxtyping import Float

from latente.results import jackknife
from latente.results.jackknife import Replicates

Cloud = Float[np.ndarray, "images features"]


def intrinsic(points: Cloud, neighbours: int) -> dict[str, float]:
    """Intrinsic dimension of points: the number of coordinates that they need.

    Args:
        points: One row per image. Equal rows count once.
        neighbours: Number of neighbours of the maximum-likelihood estimate.

    Returns:
        intrinsic_dimension: TwoNN (Facco et al. 2017), from the two nearest neighbours.
        intrinsic_dimension_mle: Levina & Bickel 2004, from `neighbours` neighbours, with the average of MacKay &
            Ghahramani 2005.
        Empty if points have a single coordinate, or if there are too few points: the estimators refuse them.
    """
    from skdim.id import MLE, TwoNN  # noqa: PLC0415 (two seconds to import)

    distinct = _distinct(points)
    if points.shape[1] < 2 or len(distinct) <= neighbours:
        return {}
    mle = MLE().fit(distinct, n_neighbors=neighbours)
    return {
        "intrinsic_dimension": float(TwoNN().fit(distinct).dimension_),
        "intrinsic_dimension_mle": float(mle.dimension_),
    }


def left_out(points: Cloud, neighbours: int) -> dict[str, Replicates]:
    """The maximum-likelihood estimate without each group of images. The group still counts among the neighbours.

    The estimate is the harmonic mean of one estimate per image, and this function leaves the group out of that mean.
    Empty if some points are equal, because only one of them has an estimate.
    """
    from skdim.id import MLE  # noqa: PLC0415 (as above)

    if points.shape[1] < 2 or len(_distinct(points)) < len(points) or len(points) <= neighbours:
        return {}
    local = MLE().fit(points, n_neighbors=neighbours).dimension_pw_
    return {"intrinsic_dimension_mle": np.asarray(1 / jackknife.left_out(1 / np.asarray(local)))}


def _distinct(points: Cloud) -> Float[np.ndarray, "distinct features"]:
    """The points without duplicates. Without any duplicate, the points keep their order."""
    found = np.unique(points, axis=0)
    return points if len(found) == len(points) else found
