"""Disentanglement and completeness of codes with known factors."""

import numpy as np
import pytest
from scipy.stats import ortho_group

from latente.measures import dci

GENERATOR = np.random.default_rng(0)
FACTORS = GENERATOR.standard_normal((3000, 4))
LABELS = GENERATOR.integers(2, size=3000).astype(np.uint8)
CODES = np.hstack([FACTORS * [1, 10, 0.1, 3], LABELS[:, None] - 0.5])


def scores(codes: np.ndarray) -> tuple[float, float]:
    importance = dci.importance(codes, FACTORS, LABELS)
    return dci.disentanglement(importance), dci.completeness(importance)


def test_codes_that_are_the_factors_score_full() -> None:
    """Also with other scales and signs, in another order."""
    assert scores(CODES) == pytest.approx((1, 1))
    assert scores(-CODES[:, [3, 1, 4, 0, 2]]) == pytest.approx((1, 1))


def test_noise_scores_null() -> None:
    """No unit is important, so no unit is disentangled."""
    importance = dci.importance(GENERATOR.standard_normal((3000, 5)), FACTORS, LABELS)
    assert importance.max() < 0.05
    assert dci.disentanglement(np.zeros((3, 2))) == dci.completeness(np.zeros((3, 2))) == 0


def test_rotated_factors_score_low() -> None:
    """Every unit then holds a part of every factor."""
    standard = CODES / CODES.std(0)
    found = [scores(standard @ ortho_group.rvs(5, random_state=seed)) for seed in range(5)]
    assert np.mean(found, axis=0) == pytest.approx([0.25, 0.25], abs=0.1)


def test_a_doubled_unit_is_disentangled_but_not_complete() -> None:
    """Two units share one factor: each holds one factor, but the factor needs two units."""
    assert dci.disentanglement(np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 2.0]])) == pytest.approx(1)
    assert dci.completeness(np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 2.0]])) == pytest.approx(
        (1 - np.log(2) / np.log(3)) / 2 + 0.5
    )


def test_a_constant_unit_is_not_important() -> None:
    """It changes no score of the others."""
    importance = dci.importance(np.hstack([CODES, np.ones((3000, 1))]), FACTORS, LABELS)
    assert importance[-1].tolist() == [0.0] * 5
    assert dci.disentanglement(importance) == pytest.approx(1)
