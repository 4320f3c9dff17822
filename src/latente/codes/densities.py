"""Densities to draw new codes from: the prior, and two densities fitted to the codes of a trained model."""

from collections.abc import Callable
from functools import partial

import numpy as np
from jaxtyping import Float
from sklearn.mixture import GaussianMixture

Codes = Float[np.ndarray, "codes latent"]
Drawn = Float[np.ndarray, "drawn latent"]
Draw = Callable[[Codes, int, int], Drawn]
"""(codes to fit, number of codes to draw, seed) -> drawn codes."""


def densities(components: int) -> dict[str, Draw]:
    """The densities by name.

    Args:
        components: Number of Gaussians in the mixture.
    """
    return {
        "standard": standard,
        "gaussian": partial(mixture, components=1),
        "mixture": partial(mixture, components=components),
    }


def standard(codes: Codes, count: int, seed: int) -> Drawn:
    """Draw from the prior N(0, I). The codes only give the dimension."""
    return np.random.default_rng(seed).standard_normal((count, codes.shape[1]), dtype=np.float32)


def mixture(codes: Codes, count: int, seed: int, components: int) -> Drawn:
    """Draw from a mixture of Gaussians with full covariances, fitted to the codes by expectation-maximisation."""
    fitted = GaussianMixture(components, random_state=seed, max_iter=100).fit(codes.astype(np.float64))
    drawn: Drawn = fitted.sample(count)[0].astype(np.float32)
    return np.random.default_rng(seed).permutation(drawn)  # scikit-learn sorts them by component
