"""The rate of every dimension of a code: its KL divergence from the prior."""

import numpy as np
from jaxtyping import Float


def by_dimension(
    mean: Float[np.ndarray, "images latent"], logvar: Float[np.ndarray, "images latent"]
) -> Float[np.ndarray, " _"]:
    """Mean KL divergence from posterior to standard normal prior for every dimension, largest first.

    Args:
        mean: Posterior means.
        logvar: Posterior log-variances.

    Returns:
        Nats per image, never negative; empty for a point posterior, whose rate is infinite.

    Example:
        >>> by_dimension(np.zeros((4, 2)), np.zeros((4, 2))).tolist()
        [0.0, 0.0]
    """
    if not np.isfinite(logvar).all():
        return np.empty(0)
    mean, logvar = mean.astype(np.float64), logvar.astype(np.float64)
    return np.sort(0.5 * (np.square(mean) + np.exp(logvar) - 1 - logvar).mean(0))[::-1]
