"""Densities to draw new codes from: the prior, and a Gaussian fitted to the codes of a trained model."""

from collections.abc import Callable, Mapping

import numpy as np
from jaxtyping import Float

Codes = Float[np.ndarray, "codes latent"]
Drawn = Float[np.ndarray, "drawn latent"]
Draw = Callable[[Codes, int, int], Drawn]
"""(codes to fit, number of codes to draw, seed) -> drawn codes."""


def standard(codes: Codes, count: int, seed: int) -> Drawn:
    """Draw from the prior N(0, I). The codes only give the dimension."""
    return np.random.default_rng(seed).standard_normal((count, codes.shape[1]), dtype=np.float32)


def gaussian(codes: Codes, count: int, seed: int) -> Drawn:
    """Draw from the Gaussian with the mean and the covariance of the codes."""
    codes = codes.astype(np.float64)
    covariance = np.atleast_2d(np.cov(codes, rowvar=False))
    drawn = np.random.default_rng(seed).multivariate_normal(
        codes.mean(0), covariance, count, check_valid="ignore", method="eigh"
    )  # rounding makes eigenvalues of 0 slightly negative
    return drawn.astype(np.float32)


DENSITIES: Mapping[str, Draw] = {"standard": standard, "gaussian": gaussian}
"""Densities without parameters to choose."""
