"""Distance to the hidden manifold: images with a known distance, and the result of a dense grid."""

import numpy as np
import pytest
from scipy.special import ndtr
from scipy.stats import norm

from latente.measures import manifold_distance
from latente.measures.hidden_manifold import hidden_manifold


@pytest.mark.parametrize("dim", [1, 4, 24])
def test_images_of_the_manifold_are_as_far_as_their_rounding(dim: int) -> None:
    """Rounding to 256 grey levels has a root mean squared error of 1 / 255 / √12. The coordinates are recovered."""
    made = hidden_manifold(images=100, dim=dim, seed=0, pixels=784)
    found = manifold_distance.nearest(made.pixels / 255, made.maps)
    np.testing.assert_allclose(found.distance, 1 / 255 / np.sqrt(12), rtol=0.2)
    np.testing.assert_allclose(found.hidden, made.hidden, atol=0.02)


@pytest.mark.parametrize("size", [0.003, 0.03])
def test_an_orthogonal_shift_is_the_distance(size: float) -> None:
    """An image moved by a known distance, at right angles to the manifold, keeps its nearest point."""
    made, generator = hidden_manifold(images=50, dim=4, seed=1, pixels=784), np.random.default_rng(0)
    argument = made.hidden @ made.maps
    tangents, _ = np.linalg.qr((norm.pdf(argument)[:, None] * made.maps).swapaxes(1, 2))
    shift = generator.standard_normal((*argument.shape, 1))
    shift = (shift - tangents @ (tangents.swapaxes(1, 2) @ shift))[:, :, 0]
    shift *= size / np.sqrt(np.square(shift).mean(1, keepdims=True))
    found = manifold_distance.nearest(ndtr(argument) + shift, made.maps)
    np.testing.assert_allclose(found.distance, size, rtol=1e-3)
    np.testing.assert_allclose(found.hidden, made.hidden, atol=1e-3)


@pytest.mark.parametrize("dim", [1, 2])
def test_no_point_of_a_dense_grid_is_nearer(dim: int) -> None:
    """For images far from the manifold, the search is as good as a grid of all points, and a little better."""
    maps = hidden_manifold(images=1, dim=dim, seed=2, pixels=784).maps
    axis = np.linspace(-5, 5, 201)
    points = ndtr(np.stack(np.meshgrid(*[axis] * dim), -1).reshape(-1, dim) @ maps)
    generator = np.random.default_rng(0)
    chosen = points[generator.integers(len(points), size=20)]
    x = (chosen + generator.normal(scale=0.3, size=chosen.shape)).clip(0, 1)
    grid = np.sqrt(np.array([np.square(one - points).mean(1).min() for one in x]))
    found = manifold_distance.nearest(x, maps).distance
    assert (found <= grid + 1e-5).all()
    np.testing.assert_allclose(found, grid, rtol=0.01)


def test_other_starts_find_no_nearer_point() -> None:
    """In eight dimensions, points drawn at random around the result are not nearer."""
    maps, generator = hidden_manifold(images=1, dim=8, seed=3, pixels=784).maps, np.random.default_rng(0)
    x = generator.uniform(size=(10, 784)) * 0.5 + 0.5 * ndtr(2 * generator.standard_normal((10, 8)) @ maps)
    found = manifold_distance.nearest(x, maps)
    for scale in (0.01, 0.1, 1, 3):
        other = found.hidden + scale * generator.standard_normal((200, *found.hidden.shape))
        assert (np.sqrt(np.square(x - ndtr(other @ maps)).mean(-1)) >= found.distance).all()


def test_noise_is_far_and_black_and_white_is_at_infinity() -> None:
    """Noise is as far as its standard deviation, near the centre. Images of pure black and white are at infinity."""
    made, generator = hidden_manifold(images=20, dim=4, seed=0, pixels=784), np.random.default_rng(0)
    noise = manifold_distance.nearest(generator.uniform(size=(20, 784)), made.maps)
    np.testing.assert_allclose(noise.distance, np.sqrt(1 / 12), rtol=0.03)
    assert manifold_distance.spread(noise.hidden) < 0.1
    binary = manifold_distance.nearest((made.pixels > 127).astype(float), made.maps)
    assert np.isfinite(binary.hidden).all()
    assert binary.distance.max() < 0.01
    assert manifold_distance.outside(binary.hidden).all()


def test_equal_images_of_any_grey_are_possible() -> None:
    """Black, white and grey images have finite results. Grey is the centre of the manifold."""
    maps = hidden_manifold(images=1, dim=3, seed=0, pixels=784).maps
    found = manifold_distance.nearest(np.repeat([[0.0], [0.5], [1.0]], 784, axis=1), maps)
    assert np.isfinite(found.hidden).all()
    assert found.distance[1] == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("dim", [1, 4, 24])
def test_standard_normal_coordinates_have_spread_one(dim: int) -> None:
    """Samples of N(0, I) have spread 1, and one in a hundred is outside. A scale of k gives a spread of k squared."""
    hidden = np.random.default_rng(0).standard_normal((20_000, dim))
    assert manifold_distance.spread(hidden) == pytest.approx(1, abs=0.05)
    assert manifold_distance.spread(2 * hidden) == pytest.approx(4, abs=0.2)
    assert manifold_distance.outside(hidden).mean() == pytest.approx(0.01, abs=0.003)
