"""The variance spectrum of points: their variance in every principal direction."""

import numpy as np
from jaxtyping import Float

Cloud = Float[np.ndarray, "images features"]


def variances(points: Cloud) -> Float[np.ndarray, " features"]:
    """Variance in the principal directions, largest first."""
    return np.linalg.eigvalsh(np.atleast_2d(np.cov(points, rowvar=False)))[::-1]


def effective(spectrum: Float[np.ndarray, " features"]) -> float:
    """Participation ratio of a variance spectrum: the effective number of directions with variance.

    It is 1 if one direction has all the variance, the number of directions if they share it equally, and 0 without
    variance.

    Example:
        >>> effective(np.array([2.0, 2.0, 0.0]))
        2.0
    """
    return float(spectrum.sum() ** 2 / np.square(spectrum).sum()) if spectrum.any() else 0.0
