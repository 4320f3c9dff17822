"""Intrinsic dimension of points whose dimension is known."""

import numpy as np
import pytest

from latente.measures import intrinsic_dimension

GENERATOR = np.random.default_rng(0)


def test_a_bent_sheet_has_two_dimensions() -> None:
    """Two coordinates bent into ten dimensions give about 2. Ten independent coordinates give more."""
    flat = GENERATOR.uniform(size=(1000, 2))
    bent = np.tanh(flat @ GENERATOR.standard_normal((2, 10)))
    sheet = intrinsic_dimension.intrinsic(bent, neighbours=10)
    assert sheet == {
        "intrinsic_dimension": pytest.approx(2, abs=0.3),
        "intrinsic_dimension_mle": pytest.approx(2, abs=0.3),
    }
    free = intrinsic_dimension.intrinsic(GENERATOR.standard_normal((1000, 10)), neighbours=10)
    assert free["intrinsic_dimension"] > 6


def test_points_on_a_line_and_too_few_points_have_no_estimate() -> None:
    """The estimators refuse such points, so the result is empty."""
    assert intrinsic_dimension.intrinsic(GENERATOR.uniform(size=(100, 1)), neighbours=10) == {}
    assert intrinsic_dimension.intrinsic(GENERATOR.uniform(size=(10, 3)), neighbours=10) == {}
    assert intrinsic_dimension.left_out(np.ones((100, 3)), neighbours=10) == {}


def test_the_estimate_without_a_group_is_near_the_estimate_of_all() -> None:
    """The twenty values are near the estimate, and they are not all equal."""
    points = GENERATOR.standard_normal((600, 3))
    whole = intrinsic_dimension.intrinsic(points, neighbours=10)["intrinsic_dimension_mle"]
    (left_out,) = intrinsic_dimension.left_out(points, neighbours=10).values()
    assert left_out == pytest.approx(whole, rel=0.05)
    assert np.ptp(left_out) > 0
