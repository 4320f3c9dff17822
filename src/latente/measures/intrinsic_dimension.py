"""Intrinsic dimension: how many coordinates points would need, estimated from distances to their neighbours."""

import numpy as np
from jaxtyping import Float
from skdim.id import MLE, TwoNN

from latente.results import jackknife
from latente.results.jackknife import Replicates

Cloud = Float[np.ndarray, "images features"]


def intrinsic(points: Cloud, neighbours: int) -> dict[str, float]:
    """Intrinsic dimension of points: how many coordinates they would need.

    Args:
        points: A row an image; those that coincide count once.
        neighbours: Of the maximum-likelihood estimate.

    Returns:
        intrinsic_dimension: TwoNN (Facco et al. 2017), from the two nearest neighbours.
        intrinsic_dimension_mle: Levina & Bickel 2004, from `neighbours` neighbours, averaged as by MacKay &
            Ghahramani 2005.
        Nothing for points on a line, or if there are not more points than neighbours: the estimators refuse them.
    """
    distinct = _distinct(points)
    if points.shape[1] < 2 or len(distinct) <= neighbours:
        return {}
    mle = MLE().fit(distinct, n_neighbors=neighbours)
    return {
        "intrinsic_dimension": float(TwoNN().fit(distinct).dimension_),
        "intrinsic_dimension_mle": float(mle.dimension_),
    }


def left_out(points: Cloud, neighbours: int) -> dict[str, Replicates]:
    """The maximum-likelihood estimate with each group of images left out; their places as neighbours stay taken.

    It is the harmonic mean of an estimate at each image, so that the images left out leave that mean. Nothing if some
    images coincide, of which only one has an estimate.
    """
    if points.shape[1] < 2 or len(_distinct(points)) < len(points) or len(points) <= neighbours:
        return {}
    local = MLE().fit(points, n_neighbors=neighbours).dimension_pw_
    return {"intrinsic_dimension_mle": np.asarray(1 / jackknife.left_out(1 / np.asarray(local)))}


def _distinct(points: Cloud) -> Float[np.ndarray, "distinct features"]:
    """The points in their order if no two coincide, else one of each."""
    found = np.unique(points, axis=0)
    return points if len(found) == len(points) else found
