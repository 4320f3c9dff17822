"""Variance spectra that are known."""

import numpy as np
import pytest

from latente.measures import spectrum


def test_the_spectrum_holds_the_variances_largest_first() -> None:
    """Of independent coordinates, whatever their order; a rotation changes nothing."""
    points = np.random.default_rng(0).standard_normal((50_000, 3)) * np.array([1, 3, 2])
    assert spectrum.variances(points) == pytest.approx([9, 4, 1], rel=0.05)


def test_the_effective_dimension_counts_equal_directions() -> None:
    """Three equal directions of five are three; one is one; none is zero."""
    assert spectrum.effective(np.array([2.0, 2, 2, 0, 0])) == 3
    assert spectrum.effective(np.array([7.0, 0, 0])) == 1
    assert spectrum.effective(np.zeros(4)) == 0
