"""Holes of spaces whose neighbours are known."""

import numpy as np
import pytest

from latente.errors import LatenteError
from latente.measures.holes import HELD_OUT, acceptance, reach

GENERATOR = np.random.default_rng(0)


def normal(count: int) -> np.ndarray:
    return GENERATOR.standard_normal((count, 4)).astype(np.float32)


def test_the_distance_is_that_to_the_kth_neighbour_over_the_edge() -> None:
    """Three training codes lie on a line, and k is 2. The unit is the distance of the held-out code."""
    train, own, other = (np.array(points, dtype=np.float32)[:, None] for points in ([0, 1, 3], [0], [3]))
    distances = reach(train, {HELD_OUT: own, "x": other}, neighbours=2, quantile=0.9)
    assert (distances[HELD_OUT].tolist(), distances["x"].tolist()) == ([1], [2])


def test_the_scale_of_a_space_makes_no_holes() -> None:
    """Codes times a hundred have the same distances, because the unit also grows."""
    one, other = normal(500), normal(200)
    both = [
        reach(scale * one, {HELD_OUT: scale * other, "x": scale * (other + 1)}, neighbours=5, quantile=0.9)["x"]
        for scale in (1, 100)
    ]
    np.testing.assert_allclose(both[0], both[1], rtol=1e-3)


def test_a_collapsed_space_is_refused() -> None:
    """All codes are equal, so no code is far from the others."""
    with pytest.raises(LatenteError, match="a model has collapsed; lower its beta"):
        reach(np.zeros((9, 2)), {HELD_OUT: np.zeros((3, 2))}, neighbours=2, quantile=0.9)


def test_a_side_without_codes_has_no_share() -> None:
    """The metric is missing; it is not NaN."""
    hole, accepted = np.array([True, False, False, False]), np.array([False, True, True, False])
    assert acceptance(hole, accepted) == pytest.approx(
        {"holes": 0.25, "accepted_in_holes": 0, "accepted_elsewhere": 2 / 3}
    )
    assert set(acceptance(hole[:1], accepted[:1])) == {"holes", "accepted_in_holes"}
    assert set(acceptance(hole[1:], accepted[1:])) == {"holes", "accepted_elsewhere"}
