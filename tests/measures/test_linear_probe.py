"""The linear probe, on classes with and without a linear border."""

import numpy as np

from latente.measures import linear_probe

GENERATOR = np.random.default_rng(0)


def test_a_half_plane_is_classified_and_permuted_labels_are_not() -> None:
    """The accuracy is nearly 1 for the true labels, and near chance for permuted labels."""
    points = GENERATOR.standard_normal((2000, 3)) * np.array([1, 1000, 0.01])  # the probe standardises the scales
    labels = (points[:, 0] > 0).astype(np.uint8)
    train, test = slice(1000), slice(1000, None)
    assert linear_probe.correct(points[train], labels[train], points[test], labels[test]).mean() > 0.97
    permuted = GENERATOR.permutation(labels[train])
    assert 0.4 < linear_probe.correct(points[train], permuted, points[test], labels[test]).mean() < 0.6


def test_a_ring_is_beyond_it() -> None:
    """A circle around another circle has no linear border."""
    angle, labels = GENERATOR.uniform(0, 2 * np.pi, 1000), (np.arange(1000) % 2).astype(np.uint8)
    points = (1 + labels)[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    assert linear_probe.correct(points, labels, points, labels).mean() < 0.65


def test_one_label_of_every_class_is_enough_for_distant_blobs() -> None:
    """The accuracy is 1 for every draw. A count that a class does not have is left out."""
    labels = (np.arange(300) % 3).astype(np.uint8)
    points = 50 * np.eye(3)[labels] + GENERATOR.standard_normal((300, 3))
    found = linear_probe.few_labels(points, labels, points, labels, counts=[1, 100, 101], draws=4, seed=[0])
    assert list(found) == [1, 100]
    assert all((right == 1).all() for right in found.values())


def test_more_labels_help_where_blobs_overlap() -> None:
    """The accuracy rises towards that of all labels. Equal seeds give equal draws."""
    labels = (np.arange(3000) % 3).astype(np.uint8)
    points = 2 * np.eye(3)[labels] + GENERATOR.standard_normal((3000, 3))
    train, test = slice(2000), slice(2000, None)
    parts = points[train], labels[train], points[test], labels[test]
    found, again, others = (
        linear_probe.few_labels(*parts, counts=[1, 5, 100], draws=20, seed=[seed]) for seed in (0, 0, 1)
    )
    every = linear_probe.correct(*parts).mean()
    assert found[1].mean() + 0.05 < found[5].mean() < found[100].mean() < every + 0.01
    assert every - found[100].mean() < 0.02
    assert np.array_equal(found[5], again[5])
    assert not np.array_equal(found[5], others[5])
