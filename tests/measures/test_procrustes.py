"""Procrustes distance of spaces whose relation is known."""

import numpy as np
import pytest
from scipy.stats import ortho_group

from latente.measures.procrustes import procrustes_distance

GENERATOR = np.random.default_rng(0)
CODES = GENERATOR.standard_normal((500, 6)) * np.arange(1, 7)


def test_rotation_shift_and_scale_do_not_count() -> None:
    """A rotated, shifted and scaled copy of a space has distance 0."""
    rotated = 3 * CODES @ ortho_group.rvs(6, random_state=0) + 5
    assert procrustes_distance(CODES, rotated) == pytest.approx(0, abs=1e-9)


def test_noise_is_far() -> None:
    """The distance of independent codes is near 1."""
    assert procrustes_distance(CODES, GENERATOR.standard_normal((500, 6))) > 0.8


def test_codes_that_do_not_vary_are_as_far_as_can_be() -> None:
    """The distance is 1; the library raises no error."""
    assert procrustes_distance(np.ones((10, 2)), CODES[:10, :2]) == 1
