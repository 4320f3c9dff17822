"""Scores of foreign images with known distributions."""

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from latente.measures import novelty
from latente.results import jackknife

GENERATOR = np.random.default_rng(0)


def test_the_auroc_of_two_gaussians_is_that_of_theory() -> None:
    """A shift of one standard deviation: Phi(1 / sqrt 2) = .760; without a shift, a half; turned round, .240."""
    own, foreign = GENERATOR.standard_normal(5000), GENERATOR.standard_normal(3000)
    assert novelty.auroc(own, foreign)[0] == pytest.approx(0.5, abs=0.02)
    assert novelty.auroc(own, foreign + 1)[0] == pytest.approx(norm.cdf(1 / np.sqrt(2)), abs=0.02)
    assert novelty.auroc(own, foreign - 1)[0] == pytest.approx(1 - norm.cdf(1 / np.sqrt(2)), abs=0.02)


def test_ties_count_as_a_half_as_in_scikit_learn() -> None:
    """Scores of few values, and scores that are all equal."""
    own, foreign = GENERATOR.integers(5, size=300) / 1.0, GENERATOR.integers(2, 7, size=200) / 1.0
    expected = roc_auc_score(np.repeat([0, 1], [300, 200]), np.concatenate([own, foreign]))
    assert novelty.auroc(own, foreign)[0] == pytest.approx(expected)
    assert novelty.auroc(np.ones(40), np.ones(30)).tolist() == pytest.approx([0.5] * 21)


def test_a_part_leaves_out_a_group_of_both() -> None:
    """Element 1 + g has neither the own nor the foreign images of group g."""
    own, foreign = GENERATOR.standard_normal(100), GENERATOR.standard_normal(60) + 0.5
    parts = novelty.auroc(own, foreign)
    assert parts.shape == (21,)
    kept = [scores[jackknife.assign(len(scores)) != 3] for scores in (own, foreign)]
    assert parts[4] == novelty.auroc(*kept)[0] != parts[0]


def test_the_distance_is_the_mean_over_the_nearest_training_codes() -> None:
    """On a line with steps of 1; all training codes if there are fewer than k."""
    train = np.arange(5.0)[:, None]
    assert novelty.nearest_distance(train, np.array([[2.0], [14.0]]), 3).tolist() == pytest.approx([2 / 3, 11.0])
    assert novelty.nearest_distance(train, np.array([[2.0]]), 50).tolist() == pytest.approx([6 / 5])
