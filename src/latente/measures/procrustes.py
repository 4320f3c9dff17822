"""Procrustes distance between two sets of codes of the same images."""

import numpy as np
from jaxtyping import Float
from scipy.spatial import procrustes

Codes = Float[np.ndarray, "images latent"]


def procrustes_distance(a: Codes, b: Codes) -> float:
    """Squared distance between two sets of unit norm, after the best shift, scale and rotation.

    In [0, 1]; lower is more similar. It is 1 if the codes of one set are all equal.

    Example:
        >>> codes = np.random.default_rng(0).normal(size=(50, 3))
        >>> round(procrustes_distance(codes, 2 * codes[:, ::-1] + 1), 6)
        0.0
    """
    vary = np.ptp(a, axis=0).any() and np.ptp(b, axis=0).any()
    return float(procrustes(a, b)[2]) if vary else 1.0
