"""R² of factors with known answers."""

import numpy as np
import pytest

from latente.measures import factor_regression, knn

GENERATOR = np.random.default_rng(0)
EVERYONE = np.ones(400, dtype=bool)


def normal(count: int, columns: int) -> np.ndarray:
    return GENERATOR.standard_normal((count, columns))


def test_codes_that_are_the_factors_tell_everything() -> None:
    """Also after a rotation, a stretch and a shift; the direction of a factor is found."""
    train, test, turned = normal(800, 3), normal(400, 3), normal(3, 3)
    for scale in (1e-3, 1.0, 1e3):
        codes = [scale * (factors @ turned) + 5 for factors in (train, test)]
        predicted = factor_regression.linear(codes[0], train, codes[1])
        assert factor_regression.r2(test, predicted, EVERYONE) == pytest.approx(np.ones(3), abs=0.01)
    directions, intercept = factor_regression.coefficients(train, 2 * train[:, [1]] + 7)
    assert directions.ravel() == pytest.approx([0, 2, 0], abs=0.01)
    assert intercept == pytest.approx([7], abs=0.01)


def test_noise_tells_nothing() -> None:
    """A linear map scores about 0, neighbours score minus one k-th."""
    train, test, factors, asked = normal(4000, 5), normal(400, 5), normal(4000, 2), normal(400, 2)
    assert factor_regression.r2(asked, factor_regression.linear(train, factors, test), EVERYONE) == pytest.approx(
        np.zeros(2), abs=0.05
    )
    near = factor_regression.from_neighbours(knn.nearest(train, test, 10), factors)
    assert factor_regression.r2(asked, near, EVERYONE) == pytest.approx([-0.1, -0.1], abs=0.1)


def test_neighbours_tell_a_curve_that_a_line_misses() -> None:
    """The square of a coordinate is not linear in it."""
    train, test = GENERATOR.uniform(-1, 1, (4000, 1)), GENERATOR.uniform(-1, 1, (400, 1))
    line = factor_regression.linear(train, train**2, test)
    near = factor_regression.from_neighbours(knn.nearest(train, test, 5), train**2)
    assert factor_regression.r2(test**2, line, EVERYONE)[0] < 0.1
    assert factor_regression.r2(test**2, near, EVERYONE)[0] > 0.99


def test_some_images_are_scored_alone_and_a_constant_scores_zero() -> None:
    """The mean is that of the images that are kept."""
    target = np.array([[1.0], [2.0], [30.0]])
    kept = np.array([True, True, False])
    assert factor_regression.r2(target, np.array([[1.5], [1.5], [0.0]]), kept).tolist() == [0.0]
    assert factor_regression.r2(np.ones((3, 1)), np.zeros((3, 1)), kept).tolist() == [0.0]


def test_without_its_class_a_factor_of_the_class_is_gone() -> None:
    """What is left has mean 0 in every class; a class that no training image has keeps its numbers."""
    labels = np.repeat(np.arange(3, dtype=np.uint8), 20)
    values = labels[:, None] * 10.0 + normal(60, 2)
    train, test = factor_regression.without_class((values, labels), (np.array([[10.0, 10.0]]), labels[20:21]))
    assert train[labels == 1].mean(0) == pytest.approx([0, 0])
    assert test[0] == pytest.approx(10 - values[labels == 1].mean(0))
    new = np.array([3], dtype=np.uint8)
    assert factor_regression.without_class((values, labels), (np.ones((1, 2)), new))[1].tolist() == [[1.0, 1.0]]
