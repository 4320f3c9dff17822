"""Fréchet distance between two sets of features."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float


@dataclass(frozen=True)
class Gaussian:
    """The Gaussian fitted to a set of features: its mean, its covariance, and the square root of its covariance."""

    mean: Float[np.ndarray, " feature"]
    covariance: Float[np.ndarray, "feature feature"]
    root: Float[np.ndarray, "feature feature"]


def fit(features: Float[np.ndarray, "images feature"]) -> Gaussian:
    """Fit a Gaussian to features, of at least two images."""
    features = features.astype(np.float64)
    covariance = np.atleast_2d(np.cov(features, rowvar=False))
    values, vectors = np.linalg.eigh(covariance)
    return Gaussian(features.mean(0), covariance, (vectors * np.sqrt(np.clip(values, 0, None))) @ vectors.T)


def distance(a: Gaussian, b: Gaussian) -> float:
    r"""Fréchet distance between two Gaussians; lower is better.

    It is 0 if the means and the covariances are equal. The formula is
    $\lVert\mu_a-\mu_b\rVert^2 + \mathrm{tr}(C_a + C_b - 2 (C_a^{1/2} C_b C_a^{1/2})^{1/2})$.
    Of two samples of one distribution it is above 0, the more the smaller they are. So only sets of equal size compare.

    References:
        Heusel et al. 2017, https://arxiv.org/abs/1706.08500 (with Inception features, so the values are not comparable)

    Example:
        >>> x = np.random.default_rng(0).normal(size=(100, 2))
        >>> round(distance(fit(x), fit(x + 3)), 6)
        18.0
    """
    difference = a.mean - b.mean
    cross = np.sqrt(np.clip(np.linalg.eigvalsh(a.root @ b.covariance @ a.root), 0, None)).sum()
    return float(difference @ difference + np.trace(a.covariance) + np.trace(b.covariance) - 2 * cross)


def mean_distance(a: Sequence[Gaussian], b: Sequence[Gaussian]) -> float:
    """The mean over the feature spaces of several networks; lower is better."""
    return float(np.mean([distance(one, other) for one, other in zip(a, b, strict=True)]))
