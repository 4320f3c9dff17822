"""Active units of codes whose variance is known."""

import numpy as np

from latente.codes.latents import Latents
from latente.codes.prior import Prior
from latente.measures.active_units import active, measured_units


def test_units_that_vary_are_active() -> None:
    """The variances over the images are 4, 0.0025 and 0."""
    means = np.array([[2.0, 0.05, 7.0], [-2.0, -0.05, 7.0]], dtype=np.float32)
    assert active(means, 0.01).tolist() == [True, False, False]
    assert active(means, 0.001).tolist() == [True, True, False]


def test_a_variance_equal_to_the_threshold_is_not_active() -> None:
    """Burda et al. require a variance above the threshold."""
    assert active(np.array([[0.0], [2.0]]), threshold=1.0).tolist() == [False]


def test_the_most_variable_unit_is_measured_if_no_unit_is_active() -> None:
    """Otherwise the active units are measured. Of two equally variable units, one is measured."""
    means = np.array([[2.0, 0.05, 7.0, 2.0], [-2.0, -0.05, 7.0, -2.0]], dtype=np.float32)
    codes = Latents(means, means * 0, means, *2 * [np.zeros(2, np.uint8)], Prior.standard(4))
    assert measured_units(codes, 0.001).tolist() == [True, True, False, True]
    assert measured_units(codes, 100.0).tolist() == [True, False, False, False]
