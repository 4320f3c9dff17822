"""Variance spectra of points with known variances."""

import numpy as np
import pytest

from latente.measures import spectrum


def test_the_spectrum_holds_the_variances_largest_first() -> None:
    """The coordinates are independent, and their order does not matter."""
    points = np.random.default_rng(0).standard_normal((50_000, 3)) * np.array([1, 3, 2])
    assert spectrum.variances(points) == pytest.approx([9, 4, 1], rel=0.05)


def test_the_effective_dimension_counts_equal_directions() -> None:
    """Three equal directions of five give 3, one direction gives 1, and none gives 0."""
    assert spectrum.effective(np.array([2.0, 2, 2, 0, 0])) == 3
    assert spectrum.effective(np.array([7.0, 0, 0])) == 1
    assert spectrum.effective(np.zeros(4)) == 0
