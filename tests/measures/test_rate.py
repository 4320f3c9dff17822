"""The rate of posteriors whose KL divergence is known."""

import numpy as np
import pytest

from latente.measures import rate


def test_the_rate_is_that_of_the_closed_form() -> None:
    """A mean of 2 costs 2 nats, a variance of 1/e half of 1/e; the largest comes first, the prior costs nothing."""
    mean = np.array([[0.0, 2.0, 0.0], [0.0, -2.0, 0.0]])
    logvar = np.array([[-1.0, 0.0, 0.0], [-1.0, 0.0, 0.0]])
    assert rate.by_dimension(mean, logvar).tolist() == pytest.approx([2, 0.5 * np.exp(-1), 0])


def test_a_point_posterior_has_no_rate() -> None:
    """It is infinite, so that there is none to report."""
    assert rate.by_dimension(np.zeros((3, 2)), np.full((3, 2), -np.inf)).size == 0
