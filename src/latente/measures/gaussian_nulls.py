"""Gaussian nulls of a set of points: random points with the same mean and covariance, but on no curved manifold.

A low estimate of the intrinsic dimension is no evidence of a manifold by itself, because neighbouring pixels are
correlated. The estimate must be lower than that of points with the same correlations.
"""

import numpy as np
from jaxtyping import Float, Float64, UInt8

Cloud = Float[np.ndarray, "images features"]
Null = Float64[np.ndarray, "images features"]


def gaussian(points: Cloud, seed: int) -> Null:
    """As many points, drawn from the Gaussian with the mean and the covariance of the points.

    The values are not clipped to the range of the points, because clipping changes the covariance. The covariance is
    not shrunk either: shrinkage adds variance in directions in which the points have none, and raises the dimension.

    Args:
        points: One row per image.
        seed: Seed of the draw.

    Example:
        >>> gaussian(np.array([[1.0, 2.0], [1.0, 4.0]]), seed=0)[:, 0]
        array([1., 1.])
    """
    covariance = np.atleast_2d(np.cov(points, rowvar=False, bias=True))  # 0 for a single point
    generator = np.random.default_rng(seed)
    return generator.multivariate_normal(
        points.mean(0), covariance, len(points), check_valid="ignore", method="eigh"
    )  # rounding makes eigenvalues of 0 slightly negative


def class_gaussian(points: Cloud, labels: UInt8[np.ndarray, " images"], seed: int) -> Null:
    """As many points, drawn from one Gaussian for each class. Every point has the class of the image in its row.

    Args:
        points: One row per image.
        labels: Class of every image.
        seed: Seed of the draw.
    """
    drawn = np.empty(points.shape)
    for value in np.unique(labels):
        drawn[labels == value] = gaussian(points[labels == value], seed + int(value))
    return drawn
