"""The dimensions of a code, in the order in which the page lists them."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float, Int64

from latente.codes.latents import Latents
from latente.measures.active_units import measured_units


@dataclass(frozen=True)
class Units:
    """Every dimension of a code.

    Attributes:
        order: Indices of the dimensions, the one with the largest value first.
        value: Of each dimension, in the order of the code: the rate in nats, or the variance of the codes.
        kind: What `value` is.
        active: Whether a dimension differs between images.
        mean: Mean of the codes in each dimension.
        deviation: Standard deviation of the codes in each dimension.
    """

    order: Int64[np.ndarray, " latent"]
    value: Float[np.ndarray, " latent"]
    kind: Literal["rate", "variance"]
    active: Bool[np.ndarray, " latent"]
    mean: Float[np.ndarray, " latent"]
    deviation: Float[np.ndarray, " latent"]


def of(codes: Latents, threshold: float) -> Units:
    """The dimensions of the codes of a model, by their rate; by their variance if no rate is known.

    The rate of a single dimension is known for a Gaussian posterior and the prior N(0, I).

    Args:
        codes: Of all images.
        threshold: An active dimension has a larger variance.
    """
    test = codes.only("test")
    mean, logvar = test.mean.astype(np.float64), test.logvar.astype(np.float64)
    standard = len(codes.prior.mean) == 1 and not codes.prior.mean.any() and not codes.prior.logvar.any()
    has_rate = standard and bool(np.isfinite(logvar).all())
    value = (0.5 * (mean**2 + np.exp(logvar) - 1 - logvar)).mean(0) if has_rate else mean.var(0)
    return Units(
        order=np.argsort(-value, kind="stable"),
        value=value,
        kind="rate" if has_rate else "variance",
        active=measured_units(codes.only("train"), threshold),
        mean=mean.mean(0),
        deviation=mean.std(0),
    )
