"""Centred kernel alignment of spaces whose relation is known."""

import numpy as np
import pytest
from scipy.stats import ortho_group

from latente.measures.cka import alignments, linear_cka
from latente.results import jackknife

GENERATOR = np.random.default_rng(0)
CODES = GENERATOR.standard_normal((500, 6)) * np.arange(1, 7)


def mapped_cka(a: np.ndarray, b: np.ndarray) -> float:
    """The alignment after a linear map, of all images."""
    return float(alignments(a, b)["mapped_cka"][0])


def by_least_squares(a: np.ndarray, b: np.ndarray) -> float:
    """The same by its definition: fit a map in each direction, and align its result with the other set."""
    a, b = a - a.mean(0), b - b.mean(0)
    return sum(linear_cka(x @ np.linalg.lstsq(x, y, rcond=None)[0], y) for x, y in ((a, b), (b, a))) / 2


def test_rotation_shift_and_scale_do_not_count() -> None:
    """A rotated, shifted and scaled copy of a space has a similarity of 1."""
    rotated = 3 * CODES @ ortho_group.rvs(6, random_state=0) + 5
    assert linear_cka(CODES, rotated) == pytest.approx(1)
    assert mapped_cka(CODES, rotated) == pytest.approx(1)


def test_only_the_mapped_alignment_ignores_a_shear() -> None:
    """A linear map undoes the shear."""
    sheared = CODES @ np.random.default_rng(5).standard_normal((6, 6))
    assert linear_cka(CODES, sheared) < 0.95
    assert mapped_cka(CODES, sheared) == pytest.approx(1)


def test_noise_is_unlike() -> None:
    """The similarity of independent codes is near 0."""
    other = GENERATOR.standard_normal((500, 6))
    assert linear_cka(CODES, other) < 0.1
    assert mapped_cka(CODES, other) < 0.2


def test_codes_that_do_not_vary_have_nothing_in_common() -> None:
    """The similarity is 0; there is no division by zero."""
    assert linear_cka(np.ones((10, 2)), CODES[:10, :2]) == 0
    assert mapped_cka(np.ones((100, 2)), CODES[:100, :2]) == 0
    half = np.where(np.arange(500)[:, None] < 250, CODES, 0.1)
    assert 0 < mapped_cka(half, CODES) < 1


def test_every_part_is_the_alignment_of_its_images() -> None:
    """Part 0 has all images and part 1 + g lacks group g, also for sets with other numbers of dimensions."""
    other = np.tanh(CODES[:, :4] @ GENERATOR.standard_normal((4, 4))) + 3
    found, group = alignments(CODES, other), jackknife.assign(500)
    kept = [np.ones(500, dtype=bool), *(group != each for each in range(jackknife.GROUPS))]
    np.testing.assert_allclose(found["cka"], [linear_cka(CODES[k], other[k]) for k in kept])
    np.testing.assert_allclose(found["mapped_cka"], [by_least_squares(CODES[k], other[k]) for k in kept])


def test_a_lost_direction_is_lost_in_the_mapped_alignment() -> None:
    """Three of four equal directions remain: one map is perfect, and the other keeps 3 of 4 equal variances."""
    codes = np.linalg.qr(CODES[:, :4] - CODES[:, :4].mean(0))[0]
    codes -= codes.mean(0)
    expected = (1 + np.sqrt(3 / 4)) / 2
    assert mapped_cka(codes, codes[:, :3]) == pytest.approx(expected)
    assert mapped_cka(codes, codes * np.array([1, 1, 1, 0])) == pytest.approx(expected)
