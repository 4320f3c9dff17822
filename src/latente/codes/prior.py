"""The prior of a trained model: where its codes should be, and where new codes are drawn."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float32

Codes = Float[np.ndarray, "codes latent"]


@dataclass(frozen=True)
class Prior:
    """A mixture of diagonal Gaussians with equal weights. Most models have one Gaussian, N(0, I).

    Attributes:
        mean: Mean of every Gaussian.
        logvar: Log-variance of every Gaussian.
    """

    mean: Float32[np.ndarray, "components latent"]
    logvar: Float32[np.ndarray, "components latent"]

    @classmethod
    def standard(cls, latent_dim: int) -> "Prior":
        """The prior N(0, I)."""
        zeros = np.zeros((1, latent_dim), dtype=np.float32)
        return cls(zeros, zeros)

    def of_units(self, units: Bool[np.ndarray, " latent"]) -> "Prior":
        """The same prior of only some of the dimensions."""
        return Prior(self.mean[:, units], self.logvar[:, units])

    def draw(self, count: int, seed: int | Sequence[int], dtype: type[np.floating] = np.float32) -> Codes:
        """Draw codes. The noise comes first, so that models with other priors have the same noise.

        Args:
            count: Number of codes.
            seed: Seed of the draw.
            dtype: float32, which decoders take, or float64.
        """
        generator = np.random.default_rng(seed)
        noise = generator.standard_normal((count, self.mean.shape[1]), dtype=dtype)
        chosen = generator.spawn(1)[0].integers(len(self.mean), size=count)  # fewer draws are the first of more
        return self.mean[chosen] + np.exp(self.logvar[chosen] / 2) * noise

    def log_density(self, z: Codes) -> Float[np.ndarray, " codes"]:
        """Log-density of codes, in nats.

        Example:
            >>> Prior.standard(2).log_density(np.zeros((1, 2))).round(4)
            array([-1.8379])
        """
        each = [_log_density(z, *one) for one in zip(self.mean, self.logvar, strict=True)]
        return np.asarray(np.logaddexp.reduce(each, axis=0) - np.log(len(each)))


def _log_density(
    z: Codes, mean: Float[np.ndarray, " latent"], logvar: Float[np.ndarray, " latent"]
) -> Float[np.ndarray, " codes"]:
    return np.asarray(-((z - mean) ** 2 / np.exp(logvar) + logvar + np.log(2 * np.pi)).sum(1) / 2)
