"""Active units: the dimensions of a code that differ between images."""

import numpy as np
from jaxtyping import Bool, Float

from latente.codes.latents import Latents


def active(means: Float[np.ndarray, "images latent"], threshold: float) -> Bool[np.ndarray, " latent"]:
    """Which dimensions are active: the variance of their mean over the images is above a threshold.

    Args:
        means: Posterior means.
        threshold: Variance that an active dimension must exceed.

    References:
        Burda, Grosse & Salakhutdinov, Importance Weighted Autoencoders, 2016. https://arxiv.org/abs/1509.00519

    Example:
        >>> active(np.array([[0.0, 5.0], [1.0, 5.0]]), threshold=0.01).tolist()
        [True, False]
    """
    return np.asarray(means.astype(np.float64).var(0) > threshold)


def measured_units(train: Latents, threshold: float) -> Bool[np.ndarray, " latent"]:
    """The active units. If no unit is active, the unit with the largest variance."""
    units = active(train.mean, threshold)
    if not units.any():
        variance = train.mean.astype(np.float64).var(0)
        units[variance.argmax()] = True
    return units
