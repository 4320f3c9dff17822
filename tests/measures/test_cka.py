"""Centred kernel alignment of spaces whose relation is known."""

import numpy as np
import pytest
from scipy.stats import ortho_group

from latente.measures.cka import linear_cka, mapped_cka

GENERATOR = np.random.default_rng(0)
CODES = GENERATOR.standard_normal((500, 6)) * np.arange(1, 7)


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
