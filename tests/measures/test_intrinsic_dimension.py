"""Intrinsic dimension of points whose dimension is known."""

import numpy as np
import pytest

from latente.measures import intrinsic_dimension

GENERATOR = np.random.default_rng(0)


def test_a_bent_sheet_has_two_dimensions() -> None:
    """Two coordinates bent into ten dimensions give about 2. Ten independent coordinates give more."""
    flat = GENERATOR.uniform(size=(1000, 2))
    bent = np.tanh(flat @ GENERATOR.standard_normal((2, 10)))
    sheet = intrinsic_dimension.intrinsic(bent, neighbours=10).metrics
    assert sheet == {
        "intrinsic_dimension": pytest.approx(2, abs=0.3),
        "intrinsic_dimension_mle": pytest.approx(2, abs=0.3),
    }
    free = intrinsic_dimension.intrinsic(GENERATOR.standard_normal((1000, 10)), neighbours=10).metrics
    assert free["intrinsic_dimension"] > 6


def test_points_on_a_line_and_too_few_points_have_no_estimate() -> None:
    """The estimators refuse such points, so the result is empty."""
    assert intrinsic_dimension.intrinsic(GENERATOR.uniform(size=(100, 1)), neighbours=10).metrics == {}
    assert intrinsic_dimension.intrinsic(GENERATOR.uniform(size=(10, 3)), neighbours=10).metrics == {}
    assert intrinsic_dimension.distances(np.ones((100, 3)), 10).shape == (1, 0)
    assert intrinsic_dimension.distances(GENERATOR.uniform(size=(10, 3)), 20).shape == (10, 9)


def test_one_search_serves_every_number_of_neighbours() -> None:
    """The estimates from the nearest of many neighbours are those from a search for fewer."""
    points = GENERATOR.standard_normal((300, 3))
    near = intrinsic_dimension.distances(points, 100)
    for neighbours in (5, 40):
        found = intrinsic_dimension.intrinsic(points, neighbours).metrics
        assert intrinsic_dimension.mle(intrinsic_dimension.local(near, neighbours)) == pytest.approx(
            found["intrinsic_dimension_mle"]
        )
        assert intrinsic_dimension.two_nn(near) == pytest.approx(found["intrinsic_dimension"])


def test_the_estimate_without_a_group_is_near_the_estimate_of_all() -> None:
    """The twenty values are near the estimate, and they are not all equal."""
    near = intrinsic_dimension.distances(GENERATOR.standard_normal((600, 3)), 10)
    local = intrinsic_dimension.local(near, 10)
    for whole, left_out in (
        (intrinsic_dimension.mle(local), intrinsic_dimension.mle_left_out(local)),
        (intrinsic_dimension.two_nn(near), intrinsic_dimension.two_nn_left_out(near)),
    ):
        assert left_out == pytest.approx(whole, rel=0.05)
        assert left_out.mean() == pytest.approx(whole, rel=0.01)
        assert np.ptp(left_out) > 0
