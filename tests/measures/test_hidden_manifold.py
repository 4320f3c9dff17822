"""Images of the hidden manifold model: their rank, their grey levels, their seeds."""

import numpy as np
import pytest
from scipy.special import ndtri

from latente.measures import intrinsic_dimension
from latente.measures.hidden_manifold import hidden_manifold
from latente.measures.linear_map import linear_r2


def test_the_images_have_the_rank_of_their_hidden_coordinates() -> None:
    """Without the bending and apart from rounding, the images are linear in the D hidden coordinates."""
    manifold = hidden_manifold(images=300, dim=3, seed=0, pixels=784)
    seen = (manifold.pixels > 20).all(0) & (manifold.pixels < 235).all(0)  # the inverse magnifies rounding elsewhere
    flat = ndtri(manifold.pixels[:, seen] / 255)
    values = np.linalg.svd(flat - flat.mean(0), compute_uv=False)
    assert values[2] > 20 * values[3]
    assert linear_r2((flat[:200], flat[200:]), (manifold.hidden[:200], manifold.hidden[200:])) > 0.99


def test_every_grey_level_is_as_frequent() -> None:
    """About a tenth of the pixels is in each tenth of [0, 1], and all 256 levels occur."""
    pixels = hidden_manifold(images=1000, dim=8, seed=0, pixels=784).pixels
    shares = np.histogram(pixels / 255, bins=10, range=(0, 1))[0] / pixels.size
    np.testing.assert_allclose(shares, 0.1, atol=0.03)
    assert len(np.unique(pixels)) == 256


def test_a_seed_decides_the_images() -> None:
    """The same seed gives the same images. Another seed or another dimension gives other images."""
    one, same, seed, dim = (hidden_manifold(5, *which, pixels=784) for which in ((4, 0), (4, 0), (4, 1), (5, 0)))
    np.testing.assert_array_equal(one.pixels, same.pixels)
    np.testing.assert_array_equal(one.hidden, same.hidden)
    assert (one.pixels != seed.pixels).mean() > 0.9
    assert (one.pixels != dim.pixels).mean() > 0.9


@pytest.mark.parametrize("dim", [2, 4, 8])
def test_the_estimators_find_the_known_dimension(dim: int) -> None:
    """The estimates from the grey levels have an error of at most 20 %. Independent pixels give much higher values."""
    points = hidden_manifold(images=1500, dim=dim, seed=0, pixels=784).pixels / 255
    estimates = intrinsic_dimension.intrinsic(points, neighbours=20).metrics
    assert estimates == pytest.approx(dict.fromkeys(estimates, dim), rel=0.2)
    noise = np.random.default_rng(0).uniform(size=points.shape)
    assert min(intrinsic_dimension.intrinsic(noise, neighbours=20).metrics.values()) > 40
