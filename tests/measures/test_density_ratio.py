"""Density ratios between distributions whose ratio is known."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import multivariate_normal, norm

from latente.codes.prior import Prior
from latente.errors import LatenteError
from latente.measures.density_ratio import DensityRatio, auc, calibration_error, fit, log_loss


def normal(count: int, latent: int = 3, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((count, latent))


def two_modes(count: int, seed: int) -> np.ndarray:
    """Codes near −2 and 2; the prior has most of its mass between them."""
    sign = np.where(np.arange(count) % 2, 1.0, -1.0)[:, None]
    return 2 * sign + 0.5 * normal(count, 1, seed)


def fitted(codes: np.ndarray, held_out: np.ndarray, codes_per_component: int = 500) -> DensityRatio:
    return fit(codes, held_out, Prior.standard(codes.shape[1]), codes_per_component, seed=0)


@pytest.mark.parametrize("codes_per_component", [500, 4000])
def test_two_gaussians_have_a_quadratic_log_ratio(codes_per_component: int) -> None:
    """The mean is shifted and the variance scaled. One component or many components find the closed form."""
    mean, scale = np.array([0.5, -0.5, 0]), np.array([0.7, 1, 1.5])
    ratio = fitted(mean + scale * normal(4000), mean + scale * normal(1000, seed=1), codes_per_component)
    z = mean + scale * normal(1000, seed=2)
    exact = multivariate_normal(mean, np.diag(scale**2)).logpdf(z) - multivariate_normal(np.zeros(3)).logpdf(z)
    assert np.sqrt(np.mean((ratio.log(z) - exact) ** 2)) < 0.2
    assert np.corrcoef(ratio.log(z), exact)[0, 1] > 0.97


def test_the_empty_middle_of_a_mixture_is_a_hole() -> None:
    """The ratio is low in the middle, where the prior has its mode, and high at the codes, as in the closed form."""
    ratio = fitted(two_modes(4000, 0), two_modes(1000, 1))
    z = np.array([[-2.0], [-1.0], [0.0], [1.0], [2.0]])
    density = (norm(-2, 0.5).pdf(z) + norm(2, 0.5).pdf(z)) / 2
    exact = (np.log(density) - norm.logpdf(z))[:, 0]
    assert exact[2] < -6
    assert (np.abs(ratio.log(z) - exact) < [0.3, 0.3, 1.5, 0.3, 0.3]).all()


def test_equal_distributions_have_a_ratio_of_one() -> None:
    """No classifier separates them: the AUC is 0.5, the log loss log 2, and the log-ratio about 0."""
    ratio = fitted(normal(4000), normal(1000, seed=1))
    own, drawn = ratio.log(normal(4000, seed=2)), ratio.log(normal(4000, seed=3))
    assert auc(own, drawn) == pytest.approx(0.5, abs=0.02)
    assert log_loss(own, drawn) == pytest.approx(np.log(2), abs=0.005)
    assert np.abs(own).mean() < 0.1


@pytest.mark.parametrize("scale", [1, 1e6])
def test_disjoint_distributions_do_not_overflow(scale: float) -> None:
    """The AUC is 1 and the log loss 0; every ratio is finite, also that of codes far from both."""
    ratio = fitted(scale * (normal(2000) + 50), scale * (normal(500, seed=1) + 50))
    own, drawn = ratio.log(scale * (normal(500, seed=2) + 50)), ratio.log(normal(500, seed=3))
    assert auc(own, drawn) == 1
    assert log_loss(own, drawn) < 1e-6
    assert np.isfinite(ratio.log(np.full((1, 3), 1e12))).all()


def test_calibration_lowers_the_error_of_an_overfitted_classifier() -> None:
    """A mixture with too many components is too certain of codes that it has not seen; a slope below 1 repairs this."""
    ratio = fitted(1.5 * normal(1000), 1.5 * normal(1000, seed=1), codes_per_component=10)
    raw = replace(ratio, slope=1.0, intercept=0.0)
    own, drawn = 1.5 * normal(4000, seed=2), normal(4000, seed=3)
    assert ratio.slope < 0.9
    for error in (log_loss, calibration_error):
        assert error(ratio.log(own), ratio.log(drawn)) < error(raw.log(own), raw.log(drawn))


def test_the_calibration_error_is_the_distance_of_predicted_and_true_shares() -> None:
    """A classifier that says 0.9 for codes and for draws alike is wrong by 0.4."""
    said = np.full(400, np.log(9))
    noise = 1e-9 * np.random.default_rng(0).standard_normal(800)
    assert calibration_error(said + noise[:400], said + noise[400:]) == pytest.approx(0.4, abs=0.06)


def test_a_collapsed_space_is_refused() -> None:
    """All codes are equal, so they have no density."""
    with pytest.raises(LatenteError, match="a model has collapsed; lower its beta"):
        fitted(np.full((200, 2), 0.3), np.full((50, 2), 0.3))
