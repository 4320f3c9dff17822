"""Fréchet distance between two sets of features."""

import numpy as np
from jaxtyping import Float


def frechet_distance(a: Float[np.ndarray, "a feature"], b: Float[np.ndarray, "b feature"]) -> float:
    r"""Fréchet distance between Gaussians fitted to two sets of features; lower is better.

    It is 0 if the means and the covariances are equal. The formula is
    $\lVert\mu_a-\mu_b\rVert^2 + \mathrm{tr}(C_a + C_b - 2 (C_a^{1/2} C_b C_a^{1/2})^{1/2})$.

    References:
        Heusel et al. 2017, https://arxiv.org/abs/1706.08500 (with Inception features, so the values are not comparable)

    Example:
        >>> x = np.random.default_rng(0).normal(size=(100, 2))
        >>> round(frechet_distance(x, x + 3), 6)
        18.0
    """
    a, b = a.astype(np.float64), b.astype(np.float64)
    difference = a.mean(0) - b.mean(0)
    covariance_a, covariance_b = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    values, vectors = np.linalg.eigh(covariance_a)
    root = (vectors * np.sqrt(np.clip(values, 0, None))) @ vectors.T
    cross = np.sqrt(np.clip(np.linalg.eigvalsh(root @ covariance_b @ root), 0, None)).sum()
    return float(difference @ difference + np.trace(covariance_a) + np.trace(covariance_b) - 2 * cross)
