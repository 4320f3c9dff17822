"""The variance spectrum of a set of points: how many directions share their variance."""

import numpy as np
from jaxtyping import Float

Cloud = Float[np.ndarray, "images features"]


def variances(points: Cloud) -> Float[np.ndarray, " features"]:
    """Variance along the principal directions, largest first."""
    return np.linalg.eigvalsh(np.atleast_2d(np.cov(points, rowvar=False)))[::-1]


def effective(spectrum: Float[np.ndarray, " features"]) -> float:
    """Participation ratio of a variance spectrum: from 1, all in one direction, to its length; 0 without variance.

    Example:
        >>> effective(np.array([2.0, 2.0, 0.0]))
        2.0
    """
    return float(spectrum.sum() ** 2 / np.square(spectrum).sum()) if spectrum.any() else 0.0
