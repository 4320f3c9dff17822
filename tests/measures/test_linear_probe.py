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
