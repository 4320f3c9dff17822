"""The rate of posteriors whose KL divergence is known."""

import numpy as np
import pytest

from latente.measures import rate


def test_the_rate_is_that_of_the_closed_form() -> None:
    """The rate is 2 nats for a mean of 2, 0.5 / e for a variance of 1 / e, and 0 for the prior."""
    mean = np.array([[0.0, 2.0, 0.0], [0.0, -2.0, 0.0]])
    logvar = np.array([[-1.0, 0.0, 0.0], [-1.0, 0.0, 0.0]])
    assert rate.by_dimension(mean, logvar).tolist() == pytest.approx([2, 0.5 * np.exp(-1), 0])


def test_a_point_posterior_has_no_rate() -> None:
    """The rate is infinite, so the result is empty."""
    assert rate.by_dimension(np.zeros((3, 2)), np.full((3, 2), -np.inf)).size == 0
