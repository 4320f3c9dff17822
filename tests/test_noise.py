"""Samples with the noise of another model."""

import numpy as np
import pytest

from latente.codes import noise
from latente.codes.latents import Latents
from latente.codes.prior import Prior
from latente.measures import silhouette
from latente.results.grid import Grid

COUNT = 3000
GENERATOR = np.random.default_rng(1)
LABELS = (np.arange(COUNT) % 3).astype(np.uint8)
MEAN = (2 * np.eye(3)[LABELS] + 0.5 * GENERATOR.standard_normal((COUNT, 3))).astype(np.float32)


def codes(mean: np.ndarray, variance: np.ndarray) -> Latents:
    """Codes with a diagonal posterior and a sample of it; two of three images are training images."""
    with np.errstate(divide="ignore"):
        logvar = np.log(np.broadcast_to(variance, mean.shape)).astype(np.float32)
    sample = (mean + np.sqrt(variance) * GENERATOR.standard_normal(mean.shape)).astype(np.float32)
    part = np.where(np.arange(COUNT) // 3 % 3 < 2, 0, 2).astype(np.uint8)
    return Latents(mean, logvar, sample, LABELS, part, Prior.standard(mean.shape[1]))


POINT = codes(MEAN, np.zeros(1))
COVARIANCE = np.cov(POINT.only("train").mean.astype(float), rowvar=False, ddof=0)
DIRECTIONS = np.linalg.eigh(COVARIANCE)[1].astype(np.float32)


def test_the_noise_has_the_same_ratio_in_every_direction() -> None:
    """Its covariance is that of the mean codes, times the share of noise of the other model: here 0.2."""
    noisy = codes(7 * MEAN[::-1], np.full(1, 0.2 * 49 * np.trace(COVARIANCE) / 3))
    assert noise.share(noisy) == pytest.approx(np.full(COUNT, 0.2), rel=0.05)
    drawn = noise.with_noise_of(POINT, noisy, [0])
    added = np.cov((drawn.sample - drawn.mean).astype(float), rowvar=False)
    assert np.linalg.solve(COVARIANCE, added) == pytest.approx(0.2 * np.eye(3), abs=0.03)


def test_an_image_has_as_much_noise_as_in_the_other_model() -> None:
    """Half of the images have a posterior of variance 0, and keep their codes."""
    noisy = codes(MEAN, np.where(np.arange(COUNT) % 2, 0.5, 0.0)[:, None])
    changed = (noise.with_noise_of(POINT, noisy, [0]).sample != MEAN).any(1)
    assert np.array_equal(changed, np.arange(COUNT) % 2 == 1)


def test_equal_codes_with_equal_noise_have_equal_silhouettes() -> None:
    """A model whose noise is a tenth of its variance in all directions, beside its own codes with added noise."""
    rotated = MEAN @ DIRECTIONS
    variance = 0.1 * rotated[: COUNT // 3 * 2].var(0, dtype=float)
    noisy, drawn = codes(rotated, variance), noise.with_noise_of(POINT, codes(rotated, variance), [0])
    pairs = [silhouette.samples(one.sample, LABELS).mean() for one in (noisy, drawn)]
    assert pairs[0] == pytest.approx(pairs[1], abs=0.01)
    assert silhouette.samples(MEAN, LABELS).mean() > pairs[0] + 0.03


def test_the_first_noisy_model_lends_its_noise_for_the_same_seed() -> None:
    """Noisy codes stay as they are. Without a noisy model, all codes do."""
    noisy, other = codes(MEAN, np.ones(1)), codes(MEAN, np.full(1, 9.0))
    found = noise.equally_noisy(Grid({"ae": {3: POINT}, "vae": {3: noisy}, "still": {3: other}}), 0)
    assert np.array_equal(found["ae"][3].sample, noise.with_noise_of(POINT, noisy, [0, 3]).sample)
    assert found["vae"][3] is noisy
    assert found["still"][3] is other
    assert noise.equally_noisy(Grid({"ae": {3: POINT}}), 0)["ae"][3] is POINT


def test_a_point_posterior_and_a_collapsed_model_lend_no_noise() -> None:
    """The share would be zero or infinite."""
    assert noise.is_noisy(codes(MEAN, np.ones(1)))
    assert not noise.is_noisy(POINT)
    assert not noise.is_noisy(codes(np.ones_like(MEAN), np.ones(1)))
