"""Linear maps between spaces whose relation is known."""

import numpy as np
import pytest

from latente.measures import linear_map

GENERATOR = np.random.default_rng(0)


def normal(count: int) -> np.ndarray:
    return (3 * GENERATOR.standard_normal((count, 4))).astype(np.float32)


def test_a_linear_image_of_a_space_is_carried_without_loss() -> None:
    """Rotated, stretched and shifted codes explain all variance of the original codes."""
    train, test = normal(200), normal(50)
    turned = GENERATOR.standard_normal((4, 4))
    source = tuple(((z @ turned) + 7).astype(np.float32) for z in (train, test))
    carried = linear_map.carry(source, train)
    np.testing.assert_allclose(carried, test, atol=1e-3)
    assert linear_map.r2(test, carried) == pytest.approx(1, abs=1e-5)


def test_codes_of_other_images_explain_nothing() -> None:
    """The map predicts about the mean code, so R² is near 0."""
    train, test = normal(2000), normal(500)
    carried = linear_map.carry((GENERATOR.permutation(train), test), train)
    assert linear_map.r2(test, carried) == pytest.approx(0, abs=0.05)


def test_a_space_that_lacks_a_direction_is_explained_but_does_not_explain() -> None:
    """The lost direction has three quarters of the variance, so the way back has an R² of 1/4."""
    full = [normal(count) * np.array([1, 1, 1, 3], dtype=np.float32) for count in (2000, 1000)]
    flat = [z * np.array([1, 1, 1, 0], dtype=np.float32) for z in full]
    assert linear_map.r2(flat[1], linear_map.carry((full[0], full[1]), flat[0])) == pytest.approx(1, abs=1e-5)
    assert linear_map.r2(full[1], linear_map.carry((flat[0], flat[1]), full[0])) == pytest.approx(0.25, abs=0.03)


def test_hidden_coordinates_are_recovered_if_the_codes_hold_them() -> None:
    """R² is 1 for codes that are linear in the coordinates, and 0 for permuted coordinates."""
    hidden = GENERATOR.standard_normal((1000, 3))
    codes = hidden @ GENERATOR.standard_normal((3, 5)) + 2
    both = (codes[:700], codes[700:])
    assert linear_map.linear_r2(both, (hidden[:700], hidden[700:])) == pytest.approx(1)
    shuffled = GENERATOR.permutation(hidden)
    assert abs(linear_map.linear_r2(both, (shuffled[:700], shuffled[700:]))) < 0.05
