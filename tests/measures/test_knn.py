"""kNN on points whose neighbours are known."""

import numpy as np
from sklearn.model_selection import cross_val_predict
from sklearn.neighbors import KNeighborsClassifier

from latente.measures import knn

GENERATOR = np.random.default_rng(0)


def noisy(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Three overlapping classes."""
    labels = np.arange(count, dtype=np.uint8) % 3
    return labels[:, None] + GENERATOR.standard_normal((count, 4)), labels


def test_the_nearest_come_first_and_there_are_no_more_than_points() -> None:
    """The points lie on a line."""
    train, test = np.array([[0.0], [10.0], [3.0]]), np.array([[4.0]])
    assert knn.nearest(train, test, 2).tolist() == [[2, 0]]
    assert knn.nearest(train, test, 9).tolist() == [[2, 0, 1]]


def test_the_majority_decides_and_the_smaller_class_wins_a_tie() -> None:
    """The first vote is two against one, the second is one against one."""
    labels = np.array([1, 1, 0], dtype=np.uint8)
    one = np.array([1], dtype=np.uint8)
    assert knn.correct(np.array([[0, 1, 2]]), labels, one).tolist() == [True]
    assert knn.correct(np.array([[1, 2]]), labels, one).tolist() == [False]


def test_the_classifier_is_scikit_learns() -> None:
    """The result is equal for every image, on classes that overlap."""
    train, train_labels = noisy(300)
    test, labels = noisy(200)
    expected = KNeighborsClassifier(5).fit(train, train_labels).predict(test) == labels
    assert 0.4 < expected.mean() < 0.9
    np.testing.assert_array_equal(knn.correct(knn.nearest(train, test, 5), train_labels, labels), expected)


def test_cross_validation_is_scikit_learns() -> None:
    """The result is equal for every image, with five folds."""
    points, labels = noisy(250)
    expected = cross_val_predict(KNeighborsClassifier(5), points, labels, cv=5) == labels
    np.testing.assert_array_equal(knn.cross_validated(points, labels, 5), expected)
