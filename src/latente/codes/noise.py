"""Equal noise: samples of noise-free codes, as noisy as the posterior samples of another model."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Float

from latente.codes.latents import Latents
from latente.results.grid import Grid


def equally_noisy(codes: Grid[Latents], seed: int) -> Grid[Latents]:
    """Codes whose samples can be compared: a point posterior gets the noise of the first noisy model, same seed.

    Without a noisy model, the samples of a point posterior stay equal to the means.
    """
    lenders = {s: one for seeds in reversed(list(codes.values())) for s, one in seeds.items() if is_noisy(one)}
    return Grid(
        {
            model: {
                s: one if is_noisy(one) or s not in lenders else with_noise_of(one, lenders[s], [seed, s])
                for s, one in seeds.items()
            }
            for model, seeds in codes.items()
        }
    )


def is_noisy(codes: Latents) -> bool:
    """Whether the posterior has a variance, and its mean differs between training images."""
    return bool(np.isfinite(codes.logvar).any() and _signal(codes) > 0)


def share(codes: Latents) -> Float[np.ndarray, " images"]:
    """The noise of every image: its posterior variance, relative to the variance of the mean training codes.

    Both variances are summed over the dimensions. The result is at least 0, and 0 for a point posterior.
    """
    return np.asarray(np.exp(codes.logvar.astype(np.float64)).sum(1) / _signal(codes))


def with_noise_of(codes: Latents, noisy: Latents, seed: Sequence[int]) -> Latents:
    """The same codes with new samples: the mean plus Gaussian noise. An image has as much noise as in the noisy model.

    The noise has the covariance of the mean training codes, times the `share` of the noisy model for this image. So it
    has the same ratio to the variance in every principal direction. No loss fixes the scale of a direction of
    noise-free codes; with this noise, the scale does not matter.

    Args:
        codes: Codes of a point posterior.
        noisy: Codes of the same images, for which `is_noisy` is true.
        seed: Seed of the noise.
    """
    train = codes.only("train").mean.astype(np.float64)
    variances, directions = np.linalg.eigh(np.atleast_2d(np.cov(train, rowvar=False, ddof=0)))
    white = np.random.default_rng(seed).standard_normal(codes.mean.shape) * np.sqrt(share(noisy))[:, None]
    noise = white * np.sqrt(np.maximum(variances, 0)) @ directions.T
    return replace(codes, sample=(codes.mean + noise).astype(np.float32))


def _signal(codes: Latents) -> float:
    return float(codes.only("train").mean.astype(np.float64).var(0).sum())
