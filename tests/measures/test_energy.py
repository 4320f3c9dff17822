"""Energy distance between distributions whose distance is known."""

import numpy as np
import pytest

from latente.measures.energy import energy_distance

GENERATOR = np.random.default_rng(0)


def normal(count: int) -> np.ndarray:
    return GENERATOR.standard_normal((count, 4)).astype(np.float32)


def test_it_is_zero_for_one_distribution_and_one_far_apart() -> None:
    """The distance is about 1 / n for one distribution, near 1 for distant ones, and it grows with a shift."""
    one, other = normal(1000), normal(1000)
    assert 0 <= energy_distance(one, other) == pytest.approx(1e-3, rel=0.5)
    assert energy_distance(one, other + 1000) > 0.99
    shifts = [energy_distance(one, other + shift) for shift in (0.0, 0.5, 1.0, 5.0)]
    assert shifts == sorted(shifts)


def test_the_scale_does_not_count() -> None:
    """Both sets times seven have the same distance."""
    one, other = normal(500), normal(500)
    assert energy_distance(7 * one, 7 * other) == pytest.approx(energy_distance(one, other), rel=1e-6)


def test_single_codes_are_at_the_distance_of_the_definition() -> None:
    """The distance of {0} and {-1, 1} is (2 - 0 - 1) / 2."""
    assert energy_distance(np.zeros((1, 1)), np.array([[-1.0], [1.0]])) == pytest.approx(0.5)
