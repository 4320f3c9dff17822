"""The area under the curve of a probe over the number of labels."""

import numpy as np
import pytest

from latente.measures import label_efficiency


def test_the_area_is_that_of_the_trapezoids() -> None:
    """Numpy gives the same area over logarithms, divided by its width."""
    counts, accuracy = np.array([1.0, 2.0, 10.0, 4500.0]), np.array([0.3, 0.5, 0.8, 0.9])
    area = np.trapezoid(accuracy, np.log(counts)) / np.log(4500)
    assert label_efficiency.weights(counts) @ accuracy == pytest.approx(area)


def test_a_constant_accuracy_is_its_own_area() -> None:
    """The weights add up to 1, also for one point."""
    assert label_efficiency.weights(np.array([1.0, 5.0, 7.0])).sum() == pytest.approx(1)
    assert label_efficiency.weights(np.array([40.0])).tolist() == [1.0]


def test_a_straight_line_has_the_accuracy_of_its_middle() -> None:
    """From 0 at one label to 1 at a hundred labels: a half, wherever the points are."""
    counts = np.array([1.0, 3.0, 20.0, 100.0])
    assert label_efficiency.weights(counts) @ (np.log(counts) / np.log(100)) == pytest.approx(0.5)
