"""Densities over codes, to draw new codes from: the prior, and two that are fitted afterwards."""

from collections.abc import Callable
from functools import partial

import numpy as np
from jaxtyping import Float
from sklearn.mixture import GaussianMixture

Codes = Float[np.ndarray, "codes latent"]
Drawn = Float[np.ndarray, "drawn latent"]
Draw = Callable[[Codes, int, int], Drawn]
"""(codes to fit, how many to draw, seed) -> codes."""


def densities(components: int) -> dict[str, Draw]:
    """The densities by name.

    Args:
        components: Of the mixture.
    """
    return {
        "standard": standard,
        "gaussian": partial(mixture, components=1),
        "mixture": partial(mixture, components=components),
    }


def standard(codes: Codes, count: int, seed: int) -> Drawn:
    """The prior N(0, I), whatever the codes."""
    return np.random.default_rng(seed).standard_normal((count, codes.shape[1]), dtype=np.float32)


def mixture(codes: Codes, count: int, seed: int, components: int) -> Drawn:
    """A mixture of Gaussians with full covariances, fitted to the codes by expectation-maximisation."""
    fitted = GaussianMixture(components, random_state=seed, max_iter=100).fit(codes.astype(np.float64))
    drawn: Drawn = fitted.sample(count)[0].astype(np.float32)
    return np.random.default_rng(seed).permutation(drawn)  # they come component by component
