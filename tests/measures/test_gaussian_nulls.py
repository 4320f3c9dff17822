"""Gaussian nulls of points whose covariance or dimension is known."""

import numpy as np
import pytest
from sklearn.datasets import make_swiss_roll

from latente.measures import gaussian_nulls, intrinsic_dimension
from latente.measures.hidden_manifold import hidden_manifold

GENERATOR = np.random.default_rng(0)


def dimension(points: np.ndarray) -> float:
    return intrinsic_dimension.intrinsic(points, neighbours=10).metrics["intrinsic_dimension_mle"]


def test_the_null_has_the_mean_and_the_covariance_of_the_points() -> None:
    """For 20,000 points, both agree within a few percent, whatever the distribution of the points."""
    skewed = GENERATOR.exponential(size=(20_000, 3)) @ np.array([[1.0, 2, 0], [0, 1, 3], [0, 0, 0.1]]) + 5
    null = gaussian_nulls.gaussian(skewed, seed=0)
    assert null.shape == skewed.shape
    np.testing.assert_allclose(null.mean(0), skewed.mean(0), rtol=0.02)
    np.testing.assert_allclose(np.cov(null.T), np.cov(skewed.T), rtol=0.05, atol=0.02)
    assert skewed.min() > 5 > null.min(), "not clipped"
    np.testing.assert_array_equal(null, gaussian_nulls.gaussian(skewed, seed=0))


def test_a_flat_gaussian_is_like_its_null() -> None:
    """A Gaussian of 5 dimensions in 50 has an estimate of about 5, and so has its null: it shows no manifold."""
    flat = GENERATOR.standard_normal((2000, 5)) @ GENERATOR.standard_normal((5, 50))
    null = gaussian_nulls.gaussian(flat, seed=0)
    assert np.linalg.matrix_rank(null - null.mean(0), tol=1e-3) == 5
    assert dimension(flat) == pytest.approx(5, abs=0.5)
    assert dimension(null) == pytest.approx(dimension(flat), abs=0.2)


def test_a_curved_manifold_has_fewer_dimensions_than_its_null() -> None:
    """A Swiss roll has 2 dimensions and its null 3. Images from 4 coordinates have 4, and their null has many."""
    roll, _ = make_swiss_roll(2000, random_state=0)
    assert dimension(roll) == pytest.approx(2, abs=0.2)
    assert dimension(gaussian_nulls.gaussian(roll, seed=0)) > 2.5
    images = hidden_manifold(1000, dim=4, seed=0, pixels=784).pixels / 255
    assert dimension(images) < 5
    assert dimension(gaussian_nulls.gaussian(images, seed=0)) > 5.5


def test_the_class_null_keeps_classes_apart() -> None:
    """Every point of the null is near its own class. One Gaussian for all classes fills the space between them."""
    labels = np.arange(1000, dtype=np.uint8) % 2
    points = np.where(labels, 10.0, -10.0)[:, None] + GENERATOR.standard_normal((1000, 2)) * [1, 3]
    by_class = gaussian_nulls.class_gaussian(points, labels, seed=0)
    assert ((by_class[:, 0] > 0) == labels).all()
    for value in (0, 1):
        np.testing.assert_allclose(by_class[labels == value].std(0), [1, 3], rtol=0.15)
    assert (np.abs(gaussian_nulls.gaussian(points, seed=0)[:, 0]) < 5).mean() > 0.2


def test_a_class_of_one_image_is_that_image() -> None:
    """One image has no covariance, so its null has none either. Codes of one dimension work too."""
    points, labels = np.array([[1.0], [2.0], [7.0]]), np.array([0, 0, 3], dtype=np.uint8)
    assert gaussian_nulls.class_gaussian(points, labels, seed=0)[2] == 7
