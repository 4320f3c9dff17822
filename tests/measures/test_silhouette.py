"""The silhouette, compared with scikit-learn."""

import numpy as np
import pytest
from sklearn.metrics import silhouette_samples, silhouette_score

from latente.measures import silhouette
from latente.results import jackknife

GENERATOR = np.random.default_rng(0)


@pytest.mark.parametrize("metric", silhouette.METRICS)
def test_the_silhouette_is_scikit_learns(metric: silhouette.Metric) -> None:
    """All images have equal values. The only image of a class scores 0, and equal points score 0."""
    points = GENERATOR.normal(size=(700, 9)) + 3
    labels = GENERATOR.integers(0, 6, 700).astype(np.uint8)
    labels[0] = 9
    values = silhouette.samples(points, labels, metric)
    np.testing.assert_allclose(values, silhouette_samples(points, labels, metric=metric), atol=1e-6)
    assert values[0] == 0
    assert not silhouette.samples(np.ones((50, 2)), np.arange(50, dtype=np.uint8) % 2).any()


@pytest.mark.parametrize("metric", silhouette.METRICS)
def test_a_silhouette_left_out_is_that_of_the_images_that_stay(metric: silhouette.Metric) -> None:
    """The images of the group are also missing in the distances of the other images."""
    points, labels = GENERATOR.normal(size=(700, 4)), np.arange(700, dtype=np.uint8) % 3
    whole, *left = silhouette.parts(points, labels, metric)
    np.testing.assert_allclose(whole, silhouette.samples(points, labels, metric), atol=5e-6)
    kept = jackknife.assign(700) != 11
    np.testing.assert_allclose(left[11], silhouette_samples(points[kept], labels[kept], metric=metric), atol=1e-6)
    assert silhouette.left_out(points, labels, metric)[1][11] == pytest.approx(left[11].mean())


def test_permuted_labellings_share_their_distances(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every value is the silhouette of one permutation, for any number per pass. The seed sets the permutations."""
    monkeypatch.setattr(silhouette, "_SUMS", 15)  # three labellings of five classes
    generator = np.random.default_rng(3)
    points, labels = generator.standard_normal((300, 4)), generator.integers(5, size=300).astype(np.uint8)
    values = silhouette.permuted(points, labels, 7, seed=1)
    again = np.random.default_rng(1)
    expected = [silhouette_score(points, again.permutation(labels)) for _ in range(7)]
    assert values == pytest.approx(expected, abs=1e-6)
    assert len(set(values)) == 7
