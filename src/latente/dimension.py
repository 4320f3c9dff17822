"""Dimension of a cloud of points: the coordinates they need, and the directions that share their variance."""

import numpy as np
from jaxtyping import Float
from skdim.id import MLE, TwoNN

from latente import groups
from latente.groups import Replicates

Points = Float[np.ndarray, "images features"]


def intrinsic(points: Points, neighbours: int) -> dict[str, float]:
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


def left_out(points: Points, neighbours: int) -> dict[str, Replicates]:
    """The maximum-likelihood estimate with each group of images left out; their places as neighbours stay taken.

    It is the harmonic mean of an estimate at each image, so that the images left out leave that mean. Nothing if some
    images coincide, of which only one has an estimate.
    """
    if points.shape[1] < 2 or len(_distinct(points)) < len(points) or len(points) <= neighbours:
        return {}
    local = MLE().fit(points, n_neighbors=neighbours).dimension_pw_
    return {"intrinsic_dimension_mle": np.asarray(1 / groups.left_out(1 / np.asarray(local)))}


def _distinct(points: Points) -> Float[np.ndarray, "distinct features"]:
    """The points in their order if no two coincide, else one of each."""
    found = np.unique(points, axis=0)
    return points if len(found) == len(points) else found


def variances(points: Points) -> Float[np.ndarray, " features"]:
    """Variance along the principal directions, largest first."""
    return np.linalg.eigvalsh(np.atleast_2d(np.cov(points, rowvar=False)))[::-1]


def effective(spectrum: Float[np.ndarray, " features"]) -> float:
    """Participation ratio of a variance spectrum: from 1, all in one direction, to its length; 0 without variance.

    Example:
        >>> effective(np.array([2.0, 2.0, 0.0]))
        2.0
    """
    return float(spectrum.sum() ** 2 / np.square(spectrum).sum()) if spectrum.any() else 0.0
