"""Agreement of clusters with classes of known shape."""

import numpy as np
import pytest

from latente.measures import clusters

GENERATOR = np.random.default_rng(0)
LABELS = (np.arange(600) % 3).astype(np.uint8)


def test_clusters_of_two_distant_blobs_are_the_classes() -> None:
    """The agreement is 1 in every part, so the interval has no width."""
    labels = LABELS % 2
    points = 100 * np.eye(2)[labels] + GENERATOR.standard_normal((600, 2))
    found = clusters.agreement(points, labels, list(clusters.METHODS), [0])
    assert set(found) == {"kmeans_ari", "kmeans_nmi", "mixture_ari", "mixture_nmi"}
    for name, parts in found.items():
        assert parts == pytest.approx(np.ones(21)), name


def test_clusters_of_uniform_noise_agree_by_chance() -> None:
    """The adjusted Rand index is near 0, and so are its replicates."""
    found = clusters.agreement(GENERATOR.uniform(size=(600, 3)), LABELS, list(clusters.METHODS), [0])
    for name in ("kmeans_ari", "mixture_ari"):
        assert found[name] == pytest.approx(np.zeros(21), abs=0.03), name


def test_a_mixture_finds_a_long_cluster_that_kmeans_splits() -> None:
    """A long class beside a small round one: k-means cuts the long class in two, a mixture of Gaussians does not."""
    labels = LABELS % 2
    shape = np.array([[4, 0.3], [0.5, 0.5]])[labels]
    points = shape * GENERATOR.standard_normal((600, 2)) + np.outer(labels, [0, 2])
    found = clusters.agreement(points, labels, list(clusters.METHODS), [1])
    assert found["mixture_ari"][0] > 0.9
    assert found["kmeans_ari"][0] < 0.3


def test_permuted_classes_agree_by_chance() -> None:
    """The null of three distant blobs is near 0."""
    points = 100 * np.eye(3)[LABELS] + GENERATOR.standard_normal((600, 3))
    null = clusters.permuted(points, LABELS, ["kmeans"], [0])
    assert set(null) == {"kmeans_ari", "kmeans_nmi"}
    assert abs(null["kmeans_ari"]) < 0.02


def test_the_spread_of_starts_is_in_the_replicates() -> None:
    """Four blobs and two clusters: a start decides which blobs share a cluster. Equal seeds give equal numbers."""
    labels = (np.arange(400) % 2).astype(np.uint8)
    corner = np.arange(400) // 2 % 2
    points = 10 * np.column_stack([labels, corner]) + 0.1 * GENERATOR.standard_normal((400, 2))
    parts = clusters.agreement(points, labels, ["kmeans"], [0])["kmeans_ari"]
    assert parts[1:].std() > 0.01
    assert np.array_equal(parts, clusters.agreement(points, labels, ["kmeans"], [0])["kmeans_ari"])


@pytest.mark.filterwarnings("ignore")
def test_equal_points_are_one_cluster() -> None:
    """The agreement is 0, as by chance. Points without dimensions have no score."""
    found = clusters.agreement(np.ones((100, 2)), LABELS[:100], list(clusters.METHODS), [0])
    assert all((parts == 0).all() for parts in found.values())
    assert clusters.agreement(np.ones((100, 0)), LABELS[:100], ["kmeans"], [0]) == {}
