"""Directions in a latent space: where a code goes if one factor of its image grows."""

import numpy as np
from jaxtyping import Float

from latente.analyses.representation import Sample
from latente.codes.latents import Latents
from latente.measures import factor_regression

_TINY = 1e-9


def directions(codes: Latents, sample: Sample) -> Float[np.ndarray, "factors latent"]:
    """How the mean code changes if one factor grows and the class and the other factors stay.

    The codes are regressed on the factors, both without the means of their classes. The direction in which a linear map
    reads a factor is another one, and can lead away from the codes: it also cancels what has nothing to do with the
    factor (Haufe et al. 2014, https://doi.org/10.1016/j.neuroimage.2013.10.067).

    Args:
        codes: Of all images.
        sample: The training images whose factors are measured.

    Returns:
        The change for one standard deviation of each factor among images of one class. It is zero for a factor that is
        constant in every class.
    """
    mean = codes.only("train").mean[sample.train].astype(np.float64)
    if not sample.names:
        return np.empty((0, mean.shape[1]))
    values = factor_regression.inside(sample.train_factors, sample.train_labels)
    scaled = values / np.maximum(values.std(0), _TINY)
    changes, _ = factor_regression.coefficients(scaled, factor_regression.inside(mean, sample.train_labels))
    return changes
