"""Alignment and uniformity of directions with known places."""

import numpy as np
import pytest

from latente.measures import hypersphere

GENERATOR = np.random.default_rng(0)
SPHERE = hypersphere.directions(GENERATOR.standard_normal((2000, 16)), np.zeros(16))
EVERYONE = np.ones(2000, dtype=bool)


def test_directions_have_length_one_and_forget_scale_and_place() -> None:
    """A code at the centre has no direction."""
    codes, centre = GENERATOR.standard_normal((5, 3)), np.array([1.0, 2.0, 3.0])
    assert np.linalg.norm(hypersphere.directions(codes, centre), axis=1) == pytest.approx(np.ones(5))
    far = hypersphere.directions(10 * codes, 10 * centre)
    assert far == pytest.approx(hypersphere.directions(codes, centre))
    assert hypersphere.directions(centre[None], centre).tolist() == [[0.0, 0.0, 0.0]]


def test_equal_codes_are_aligned_and_independent_codes_are_not() -> None:
    """Distances of 0, 2 on average, and 4 for opposite directions."""
    assert hypersphere.alignment(SPHERE, SPHERE).max() == 0
    assert hypersphere.alignment(SPHERE, GENERATOR.permutation(SPHERE)).mean() == pytest.approx(2, abs=0.05)
    assert hypersphere.alignment(SPHERE, -SPHERE) == pytest.approx(np.full(2000, 4))


def test_uniform_directions_have_the_known_value_and_one_direction_has_zero() -> None:
    """In many dimensions the squared distance is near 2, so the logarithm is near -4; with variance, above it."""
    assert hypersphere.uniformity(hypersphere.potentials(SPHERE), EVERYONE) == pytest.approx(-4 + 0.5, abs=0.1)
    same = np.repeat(SPHERE[:1], 2000, axis=0)
    assert hypersphere.uniformity(hypersphere.potentials(same), EVERYONE) == pytest.approx(0, abs=1e-9)


def test_two_opposite_heaps_are_less_uniform_than_a_sphere() -> None:
    """Half of the pairs are equal: the logarithm of nearly one half."""
    heaps = np.repeat(SPHERE[:1], 2000, axis=0) * np.where(np.arange(2000) % 2, 1, -1)[:, None]
    found = hypersphere.uniformity(hypersphere.potentials(heaps), EVERYONE)
    assert found == pytest.approx(np.log(0.5), abs=0.01)


def test_only_the_images_that_are_kept_count() -> None:
    """The value of a part is that of a sphere with this part alone."""
    kept = np.arange(2000) < 300
    part = hypersphere.uniformity(hypersphere.potentials(SPHERE[kept]), EVERYONE[:300])
    assert hypersphere.uniformity(hypersphere.potentials(SPHERE), kept) == pytest.approx(part)
