"""How much of the shortfall of generated images the density ratio explains, by importance weights."""

import numpy as np
from jaxtyping import Bool, Float

LogRatios = Float[np.ndarray, " codes"]
Accepted = Bool[np.ndarray, " codes"]

_LEAST = 0.02  # a smaller shortfall cannot be divided into parts
_EFFECTIVE = 0.01  # with fewer effective codes, a few codes decide the weighted share


def weighted(log_ratio: LogRatios, accepted: Accepted) -> float:
    """The share of accepted codes, if the draws had the density of the codes of images; in [0, 1].

    The weight of a draw is the density ratio q(z) / p(z). The weights are divided by their sum.

    Args:
        log_ratio: Logarithm of the ratio at every draw from the prior.
        accepted: Whether the judge accepts its image.

    References:
        Owen 2013, Monte Carlo theory, methods and examples, chapter 9.2 (self-normalised importance sampling)

    Example:
        >>> round(weighted(np.log([3.0, 1.0]), np.array([True, False])), 3)
        0.75
    """
    return float(_weights(log_ratio)[accepted].sum())


def effective(log_ratio: LogRatios) -> float:
    """Effective number of draws, divided by their number, in (0, 1]; 1 if all weights are equal (Kish 1965).

    Example:
        >>> effective(np.zeros(4)), effective(np.array([0.0, -99.0]))
        (1.0, 0.5)
    """
    return float(1 / np.square(_weights(log_ratio)).sum() / len(log_ratio))


def explained(log_ratio: LogRatios, accepted: Accepted, own: float) -> float:
    """The part of the shortfall that the ratio explains: 0 is nothing, 1 is all of it; noise can pass both ends.

    The shortfall is the share of accepted own codes minus the share of accepted draws.

    Args:
        log_ratio: Logarithm of the ratio at every draw from the prior.
        accepted: Whether the judge accepts its image.
        own: Share of accepted images among those decoded from the model's own codes.
    """
    plain = float(accepted.mean())
    return (weighted(log_ratio, accepted) - plain) / (own - plain)


def can_explain(log_ratio: LogRatios, accepted: Accepted, own: float) -> bool:
    """Whether there is a shortfall to explain, and enough draws have a weight."""
    return own - float(accepted.mean()) >= _LEAST and effective(log_ratio) >= _EFFECTIVE


def _weights(log_ratio: LogRatios) -> Float[np.ndarray, " codes"]:
    weights = np.exp(log_ratio - log_ratio.max())
    return np.asarray(weights / weights.sum())
