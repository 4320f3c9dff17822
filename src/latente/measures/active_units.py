"""Active units: the dimensions of a code that tell images apart."""

import numpy as np
from jaxtyping import Bool, Float


def active(means: Float[np.ndarray, "images latent"], threshold: float) -> Bool[np.ndarray, " latent"]:
    """Which dimensions have a posterior mean that varies over the images by more than a threshold.

    Args:
        means: Posterior means.
        threshold: Of the variance.

    References:
        Burda, Grosse & Salakhutdinov, Importance Weighted Autoencoders, 2016. https://arxiv.org/abs/1509.00519

    Example:
        >>> active(np.array([[0.0, 5.0], [1.0, 5.0]]), threshold=0.01).tolist()
        [True, False]
    """
    return np.asarray(means.astype(np.float64).var(0) > threshold)
