"""Similarity of images whose relation is known."""

import numpy as np
import pytest

from latente.measures import image_similarity as similarity

GENERATOR = np.random.default_rng(0)
X = GENERATOR.uniform(size=(10, 784)).astype(np.float32)


def test_the_same_images_are_alike_and_their_negatives_are_opposite() -> None:
    """Equal images have correlation 1 and error 0; negatives have correlation -1."""
    assert similarity.likeness(X, X) == pytest.approx({"correlation": 1, "mse": 0})
    assert similarity.likeness(X, 1 - X)["correlation"] == pytest.approx(-1)


def test_an_even_image_correlates_with_nothing() -> None:
    """The correlation is 0; there is no division by zero."""
    assert similarity.correlations(X, np.full_like(X, 0.5)).tolist() == [0] * 10


def test_what_two_images_share_with_a_third_is_taken_out() -> None:
    """The residual correlation is 0 if images share only the reference, and 1 if they share the rest, too."""
    other, mean = np.random.default_rng(5).uniform(size=(2, 10, 784)).astype(np.float32)
    assert similarity.likeness(X + 5 * mean, other + 5 * mean)["correlation"] > 0.9
    assert abs(similarity.residual_correlation(X + 5 * mean, other + 5 * mean, mean)) < 0.1
    assert similarity.residual_correlation(X + mean, X - mean, mean) == pytest.approx(1)
