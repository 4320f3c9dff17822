"""Information that units share with factors, with known answers."""

import numpy as np
import pytest
from scipy.stats import ortho_group

from latente.measures import mutual_information

GENERATOR = np.random.default_rng(0)
FACTORS = GENERATOR.standard_normal((8000, 3))
LABELS = GENERATOR.integers(10, size=8000).astype(np.uint8)
CODES = np.hstack([FACTORS, LABELS[:, None].astype(np.float64)])


def told(codes: np.ndarray) -> np.ndarray:
    return mutual_information.told(codes, FACTORS, LABELS)


def test_codes_that_are_the_factors_tell_them_and_nothing_else() -> None:
    """Ones on the diagonal, the bias of the bins elsewhere; the gap is nearly 1, also for another scale."""
    assert told(CODES) == pytest.approx(np.eye(4), abs=0.02)
    assert mutual_information.gap(told(CODES)) > 0.97
    assert mutual_information.gap(told(-1000 * CODES)) > 0.97


def test_noise_has_no_gap() -> None:
    """No unit tells more than another."""
    found = told(GENERATOR.standard_normal((8000, 4)))
    assert found.max() < 0.02
    assert mutual_information.gap(found) < 0.005


def test_rotated_factors_have_a_small_gap() -> None:
    """Two units then tell nearly as much of a factor."""
    standard = CODES / CODES.std(0)
    gaps = [mutual_information.gap(told(standard @ ortho_group.rvs(4, random_state=seed))) for seed in range(5)]
    assert np.mean(gaps) < 0.3


def test_a_copied_unit_closes_the_gap() -> None:
    """Two equal units tell the same; one unit alone has nothing beside it."""
    assert mutual_information.gap(told(np.hstack([CODES, CODES]))) == pytest.approx(0, abs=1e-9)
    assert mutual_information.gap(told(FACTORS[:, :1])[:, :1]) == pytest.approx(1)


def test_equal_values_share_a_bin_and_a_constant_tells_nothing() -> None:
    """A binary factor has an entropy of log 2, which a binary unit tells; a constant factor is told by nobody."""
    bit = (FACTORS[:, :1] > 0).astype(np.float64)
    assert mutual_information.told(bit, bit, LABELS)[0, 0] == pytest.approx(1)
    assert mutual_information.told(bit, np.ones_like(bit), LABELS)[0, 0] == 0
