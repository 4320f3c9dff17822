"""Centred kernel alignment: how alike two sets of codes of the same images are."""

import numpy as np
from jaxtyping import Float

Codes = Float[np.ndarray, "images _"]


def linear_cka(a: Codes, b: Codes) -> float:
    """Linear centred kernel alignment, in [0, 1]; 1 is alike.

    It ignores rotation and isotropic scale. Codes that do not vary have nothing in common with others: 0.

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
    """Linear CKA after the best linear map of one space onto the other, mean of both directions; 1 is alike.

    No rotation, scale or shear explains what is left below 1.
    """
    return (linear_cka(_mapped(a, b), b) + linear_cka(_mapped(b, a), a)) / 2


def _mapped(a: Codes, b: Codes) -> Codes:
    """The least-squares image of a in the space of b, both centred."""
    a, b = a - a.mean(0), b - b.mean(0)
    return np.asarray(a @ np.linalg.lstsq(a, b, rcond=None)[0])
