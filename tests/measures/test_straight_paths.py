"""Pairs of images and straight paths between them."""

import numpy as np
import pytest

from latente.measures import straight_paths

LABELS = np.repeat(np.arange(4, dtype=np.uint8), [30, 20, 9, 1])


def test_pairs_have_one_class_or_two() -> None:
    """No image is paired with itself; a class of one image starts no pair. The same seed gives the same pairs."""
    found = straight_paths.ends(LABELS, 300, seed=0)
    one, two = LABELS[found["one_class"]], LABELS[found["two_classes"]]
    assert (one[:, 0] == one[:, 1]).all()
    assert (two[:, 0] != two[:, 1]).all()
    assert (found["one_class"][:, 0] != found["one_class"][:, 1]).all()
    assert 3 not in one
    assert (found["one_class"][:, 0] == found["two_classes"][:, 0]).all()
    assert (straight_paths.ends(LABELS, 300, seed=0)["two_classes"] == found["two_classes"]).all()


def test_the_points_of_a_path_are_mixtures_with_equal_steps() -> None:
    """The ends are the two codes, the middle is their mean."""
    start, end = np.random.default_rng(0).standard_normal((2, 3, 5)).astype(np.float32)
    points = straight_paths.straight(start, end, 5)
    assert points.shape == (3, 5, 5)
    assert (points[:, 0] == start).all()
    assert (points[:, -1] == end).all()
    assert points[:, 2] == pytest.approx((start + end) / 2)
    assert np.diff(points, axis=1).std(1).max() < 1e-6


def test_a_straight_path_has_no_detour_and_a_half_circle_has_half_of_pi() -> None:
    """Length over distance; a path that never moves has no detour either."""
    line = straight_paths.straight(np.zeros((1, 3)), np.ones((1, 3)), 7)
    assert straight_paths.detour(line) == pytest.approx([1])
    angle = np.linspace(0, np.pi, 400)
    assert straight_paths.detour(np.stack([np.cos(angle), np.sin(angle)], 1)[None]) == pytest.approx(
        [np.pi / 2], rel=1e-4
    )
    assert straight_paths.detour(np.ones((1, 4, 2))).tolist() == [1.0]
