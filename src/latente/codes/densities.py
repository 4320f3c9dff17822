"""Densities to draw new codes from: the prior of a trained model, and a Gaussian fitted to its codes."""

from collections.abc import Callable, Mapping

import numpy as np
from jaxtyping import Float

from latente.codes.latents import Latents

Drawn = Float[np.ndarray, "drawn latent"]
Draw = Callable[[Latents, int, int], Drawn]
"""(codes of training images, number of codes to draw, seed) -> drawn codes."""


def standard(codes: Latents, count: int, seed: int) -> Drawn:
    """Draw from the prior of the model, which is N(0, I) for most models."""
    return codes.prior.draw(count, seed)


def gaussian(codes: Latents, count: int, seed: int) -> Drawn:
    """Draw from the Gaussian with the mean and the covariance of the posterior samples."""
    sample = codes.sample.astype(np.float64)
    covariance = np.atleast_2d(np.cov(sample, rowvar=False))
    drawn = np.random.default_rng(seed).multivariate_normal(
        sample.mean(0), covariance, count, check_valid="ignore", method="eigh"
    )  # rounding makes eigenvalues of 0 slightly negative
    return drawn.astype(np.float32)


DENSITIES: Mapping[str, Draw] = {"standard": standard, "gaussian": gaussian}
"""Densities without parameters to choose."""
