"""Densities as arrays: mixtures of Gaussians to draw codes from, and the density ratio that shows holes."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int64
from sklearn.mixture import GaussianMixture

from latente.analyses import gap, prior
from latente.codes.latents import Latents
from latente.codes.mixtures import choose
from latente.codes.prior import Prior
from latente.measures import density_ratio
from latente.measures.active_units import measured_units
from latente.measures.density_ratio import DensityRatio


@dataclass(frozen=True)
class Mixture:
    """A mixture of Gaussians. With the upper triangle P of a Gaussian, (z / scale - mean) P is standard normal.

    Attributes:
        logweight: Logarithm of the weight of each Gaussian.
        mean: Mean of each Gaussian, in the unit of `scale`.
        triangle: P of each Gaussian: its columns down to the diagonal, one after another.
        scale: Divides every dimension of a code.
    """

    logweight: Float[np.ndarray, " components"]
    mean: Float[np.ndarray, "components latent"]
    triangle: Float[np.ndarray, "components entries"]
    scale: Float[np.ndarray, " latent"]


@dataclass(frozen=True)
class Holes:
    """What the page needs to tell a hole: see `density_ratio.DensityRatio`.

    Attributes:
        units: The dimensions of a code that the ratio uses.
        codes: Density of the codes in these dimensions.
        prior: Density of the prior in these dimensions.
        slope: Factor of the log-odds.
        intercept: Added to the log-odds.
        edge: A code with a lower logarithm of the ratio is in a hole, in nats.
    """

    units: Int64[np.ndarray, " units"]
    codes: Mixture
    prior: Mixture
    slope: float
    intercept: float
    edge: float


def holes(codes: Latents, options: gap.Options) -> Holes:
    """Fit the density ratio of the study again, with the same options and seeds as the analysis `gap`.

    Raises:
        LatenteError: The codes of all images are equal.
    """
    train, validation, test = (codes.only(part) for part in ("train", "validation", "test"))
    units = measured_units(train, options.active)
    fitted = train.sample[: options.fitted][:, units]
    own_prior = train.prior.of_units(units)
    ratio = density_ratio.fit(fitted, validation.sample[:, units], own_prior, options.codes_per_component, options.seed)
    edge = float(np.quantile(ratio.log(test.sample[:, units]), 1 - options.quantile))
    return _of(ratio, np.flatnonzero(units), edge)


def _of(ratio: DensityRatio, units: Int64[np.ndarray, " units"], edge: float) -> Holes:
    codes, own_prior = of_fitted(ratio.mixture, ratio.scale), of_prior(ratio.prior)
    return Holes(units, codes, own_prior, ratio.slope, ratio.intercept, edge)


def drawn(codes: Latents, options: prior.Options, components: int) -> Mapping[str, Mixture]:
    """The densities of the analysis `prior`: the prior, a Gaussian with the moments of the codes, the chosen mixture.

    Args:
        codes: Of one trained model.
        options: Of the analysis.
        components: The number of Gaussians that the analysis has chosen.
    """
    train, validation = codes.only("train"), codes.only("validation")
    chosen = choose(train.sample[: options.fitted], validation.sample, [components], options.seed)
    return {
        "standard": of_prior(train.prior),
        "gaussian": _moments(train.sample.astype(np.float64)),
        "mixture": of_fitted(chosen.mixture, chosen.scale),
    }


def of_fitted(mixture: GaussianMixture, scale: Float[np.ndarray, " latent"]) -> Mixture:
    """A mixture that scikit-learn fitted to codes, each dimension divided by `scale`."""
    triangle = _packed(mixture.precisions_cholesky_)
    return Mixture(np.log(np.maximum(mixture.weights_, 1e-300)), mixture.means_, triangle, scale)


def of_prior(own: Prior) -> Mixture:
    """The prior of a model."""
    count, latent = own.mean.shape
    deviation = np.exp(-own.logvar.astype(np.float64) / 2)
    triangle = _packed(deviation[:, :, None] * np.eye(latent))
    return Mixture(np.full(count, -np.log(count)), own.mean.astype(np.float64), triangle, np.ones(latent))


def _moments(sample: Float[np.ndarray, "codes latent"]) -> Mixture:
    """The Gaussian with the mean and the covariance of codes; a dimension without variance gets a very small one."""
    scale = np.maximum(sample.std(0), 1e-6)
    standard = sample / scale
    covariance = np.atleast_2d(np.cov(standard, rowvar=False)) + 1e-6 * np.eye(len(scale))
    lower = np.linalg.cholesky(covariance)
    upper = np.linalg.inv(lower).T
    return Mixture(np.zeros(1), standard.mean(0)[None], _packed(upper[None]), scale)


def _packed(upper: Float[np.ndarray, "components latent latent"]) -> Float[np.ndarray, "components entries"]:
    """The columns of upper triangles down to the diagonal, one after another."""
    column, row = np.tril_indices(upper.shape[1])
    return np.asarray(upper[:, row, column])
