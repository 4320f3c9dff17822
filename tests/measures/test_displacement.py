"""How far codes move, with known distances."""

import numpy as np
import pytest

from latente.measures import displacement

GENERATOR = np.random.default_rng(0)
TRAIN = GENERATOR.standard_normal((20_000, 4)).astype(np.float32)
CLEAN = GENERATOR.standard_normal((50, 4)).astype(np.float32)


def test_codes_that_stay_have_not_moved() -> None:
    """The distance is 0 at every level."""
    assert displacement.moved(CLEAN, np.stack([CLEAN, CLEAN]), TRAIN).tolist() == [[0.0] * 50] * 2


def test_a_shift_is_measured_in_sizes_of_the_space() -> None:
    """Four units of variance 1 have the size 2; the scale and the place of the space do not matter."""
    moved = CLEAN + np.float32([0, 3, 0, 4])
    assert displacement.moved(CLEAN, moved, TRAIN) == pytest.approx(np.full(50, 2.5), rel=0.02)
    assert displacement.moved(10 * CLEAN + 7, 10 * moved + 7, 10 * TRAIN + 7) == pytest.approx(
        np.full(50, 2.5), rel=0.02
    )


def test_another_code_of_the_space_is_the_root_of_two_away() -> None:
    """Two independent codes differ by twice the variance."""
    other = GENERATOR.standard_normal((20_000, 4))
    apart = displacement.moved(TRAIN, other, TRAIN)
    assert np.sqrt(np.square(apart).mean()) == pytest.approx(np.sqrt(2), rel=0.02)
