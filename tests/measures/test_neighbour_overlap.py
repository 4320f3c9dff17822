"""Overlap of neighbours between drawings whose likeness is known."""

import numpy as np
import pytest

from latente.measures.neighbour_overlap import nearest, overlap

GENERATOR = np.random.default_rng(0)
PLANE = GENERATOR.standard_normal((500, 2))
TURN = np.array([[0.6, -0.8], [0.8, 0.6]])


def alike(a: np.ndarray, b: np.ndarray, neighbours: int = 10) -> float:
    return float(overlap(nearest(a, neighbours), nearest(b, neighbours)).mean())


def test_a_drawing_is_like_itself_turned_scaled_and_moved() -> None:
    """The overlap is 1, because such changes keep all neighbours. It is 1 for a mirror image too."""
    assert alike(PLANE, PLANE) == 1
    assert alike(PLANE, 7 * PLANE @ TURN + 3) == 1
    assert alike(PLANE, PLANE * [1, -1]) == 1


@pytest.mark.parametrize("neighbours", [5, 40])
def test_independent_and_permuted_drawings_overlap_by_chance(neighbours: int) -> None:
    """The overlap is about 0 for any number of neighbours; without the adjustment it grows with that number."""
    assert alike(PLANE, GENERATOR.standard_normal((500, 2)), neighbours) == pytest.approx(0, abs=0.02)
    assert alike(PLANE, GENERATOR.permutation(PLANE), neighbours) == pytest.approx(0, abs=0.02)


def test_noise_lowers_the_overlap() -> None:
    """A small shift of every point keeps most neighbours, and a large one keeps few."""
    noise = GENERATOR.standard_normal((500, 2))
    assert 1 > alike(PLANE, PLANE + 0.02 * noise) > 0.6 > alike(PLANE, PLANE + 0.5 * noise) > 0.05


def test_half_of_the_neighbours_in_common() -> None:
    """Two of four neighbours in common are a share of 1/2; chance is 4/8, so the adjusted share is 0."""
    a, b = np.tile([0, 1, 2, 3], (9, 1)), np.tile([2, 3, 4, 5], (9, 1))
    assert overlap(a, b) == pytest.approx(0)
    assert overlap(a, a) == pytest.approx(1)


def test_an_image_is_not_its_own_neighbour() -> None:
    """Otherwise independent drawings would have one neighbour in common."""
    assert (nearest(PLANE, 3) != np.arange(500)[:, None]).all()
