"""Importance weights whose sums are known."""

import numpy as np
import pytest

from latente.measures import reweighting


def test_weights_are_ratios_and_their_common_factor_does_not_matter() -> None:
    """Weights 3 and 1: three quarters of the weight is accepted, for any constant in the logarithm."""
    log_ratio, accepted = np.log([3.0, 1.0]), np.array([True, False])
    for constant in (-1000.0, 0.0, 1000.0):
        assert reweighting.weighted(log_ratio + constant, accepted) == pytest.approx(0.75)
        assert reweighting.effective(log_ratio + constant) == pytest.approx(16 / 10 / 2)


def test_the_weighted_share_is_that_of_the_other_gaussian() -> None:
    """Draws of N(0, 1) with the ratio of N(1, 1): the share above 1 is one half, before it is .159."""
    z = np.random.default_rng(0).standard_normal(200_000)
    accepted, log_ratio = z > 1, z - 0.5
    assert accepted.mean() == pytest.approx(0.159, abs=0.005)
    assert reweighting.weighted(log_ratio, accepted) == pytest.approx(0.5, abs=0.02)
    assert reweighting.effective(log_ratio) == pytest.approx(np.exp(-1), abs=0.03)
    assert reweighting.explained(log_ratio, accepted, own=0.5) == pytest.approx(1, abs=0.05)


def test_only_a_shortfall_with_enough_weights_is_explained() -> None:
    """Not without a shortfall, and not if one draw has all the weight."""
    even, peaked = np.zeros(1000), np.r_[99.0, np.zeros(999)]
    accepted = np.arange(1000) < 500
    assert reweighting.can_explain(even, accepted, own=0.9)
    assert not reweighting.can_explain(even, accepted, own=0.51)
    assert not reweighting.can_explain(peaked, accepted, own=0.9)
