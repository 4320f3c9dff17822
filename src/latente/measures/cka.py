"""Centred kernel alignment: how similar two sets of codes of the same images are."""

import numpy as np
from jaxtyping import Float

Codes = Float[np.ndarray, "images _"]


def linear_cka(a: Codes, b: Codes) -> float:
    """Linear centred kernel alignment, in [0, 1]; higher is more similar.

    It ignores rotation, shift and isotropic scale. It is 0 if the codes of one set are all equal.

    References:
        Kornblith et al. 2019. https://arxiv.org/abs/1905.00414

    Example:
        >>> codes = np.random.default_rng(0).normal(size=(50, 3))
        >>> round(linear_cka(codes, 2 * codes[:, ::-1] + 1), 6)
        1.0
    """
    if not (np.ptp(a, axis=0).any() and np.ptp(b, axis=0).any()):
        return 0.0
    a, b = a - a.mean(0), b - b.mean(0)
    cross = np.square(b.T @ a).sum()
    return float(cross / (np.linalg.norm(a.T @ a) * np.linalg.norm(b.T @ b)))


def mapped_cka(a: Codes, b: Codes) -> float:
    """Linear CKA after the best linear map of one space onto the other, as a mean of both directions.

    In [0, 1]; higher is more similar. A value below 1 means that no linear map makes the two spaces equal.
    """
    return (linear_cka(_mapped(a, b), b) + linear_cka(_mapped(b, a), a)) / 2


def _mapped(a: Codes, b: Codes) -> Codes:
    """The codes `a`, mapped to the space of `b` by least squares; both are centred first."""
    a, b = a - a.mean(0), b - b.mean(0)
    return np.asarray(a @ np.linalg.lstsq(a, b, rcond=None)[0])
