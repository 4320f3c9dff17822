"""Neighbourhoods with known neighbours."""

import numpy as np
import pytest

from latente.measures import neighbour_overlap, neighbourhood

GENERATOR = np.random.default_rng(0)
LABELS = (np.arange(600) % 10).astype(np.uint8)
EVERYONE = np.ones(600, dtype=bool)


def near(points: np.ndarray) -> np.ndarray:
    return neighbour_overlap.nearest(points, 5)


def test_separated_classes_are_among_themselves() -> None:
    """All neighbours have the class of the image, so their entropy is 0."""
    points = near(100 * np.eye(10)[LABELS] + GENERATOR.standard_normal((600, 10)))
    assert neighbourhood.same_class(points, LABELS).mean() == 1
    assert neighbourhood.class_entropy(points, LABELS).max() == pytest.approx(0)


def test_noise_mixes_the_classes() -> None:
    """A tenth of the neighbours has the same class, and their entropy is near that of five random classes."""
    points = near(GENERATOR.standard_normal((600, 4)))
    assert neighbourhood.same_class(points, LABELS).mean() == pytest.approx(0.1, abs=0.03)
    assert neighbourhood.class_entropy(points, LABELS).mean() == pytest.approx(0.6, abs=0.05)


def test_codes_that_are_the_factors_have_alike_neighbours() -> None:
    """Neighbours then have nearly equal factors; for noise, they differ as random images do."""
    factors = GENERATOR.uniform(0, 1, (600, 1)) * [1, 100]
    assert neighbourhood.factor_difference(near(factors), factors, EVERYONE) < 0.02
    noise = near(GENERATOR.standard_normal((600, 4)))
    assert neighbourhood.factor_difference(noise, factors, EVERYONE) == pytest.approx(1, abs=0.05)


def test_the_random_difference_is_that_of_all_pairs() -> None:
    """The same number as from the whole table of differences, for the images that are kept."""
    factors, kept = GENERATOR.standard_normal((40, 1)), np.arange(40) < 30
    neighbours = GENERATOR.permutation(40)[:, None]
    own = np.abs(factors - factors[neighbours[:, 0]])[kept].mean()
    all_pairs = np.abs(factors[kept] - factors[kept].T).sum() / (30 * 29)
    assert neighbourhood.factor_difference(neighbours, factors, kept) == pytest.approx(own / all_pairs)


def test_many_dimensions_have_hubs_and_a_ring_has_none() -> None:
    """On a ring, every point is a neighbour equally often; in fifty dimensions, some points are of very many."""
    angle = 2 * np.pi * np.arange(600) / 600
    ring = neighbour_overlap.nearest(np.stack([np.cos(angle), np.sin(angle)], 1), 4)
    assert set(neighbourhood.occurrences(ring)) == {4}
    assert neighbourhood.skewness(neighbourhood.occurrences(ring)) == 0
    hubs = neighbourhood.occurrences(near(GENERATOR.standard_normal((600, 50))))
    flat = neighbourhood.occurrences(near(GENERATOR.standard_normal((600, 2))))
    assert neighbourhood.skewness(hubs) > 2
    assert neighbourhood.skewness(flat) < 1
    assert hubs.mean() == 5
