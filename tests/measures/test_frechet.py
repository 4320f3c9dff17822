"""Fréchet distance of Gaussians whose distance is known."""

import numpy as np
import pytest

from latente.measures import frechet


def test_frechet_distance_of_known_gaussians() -> None:
    """Equal sets have distance 0. A shift adds its square. A scale s adds d (s - 1)^2 for unit variance."""
    x = np.random.default_rng(0).standard_normal((500, 3))
    x = (x - x.mean(0)) @ np.linalg.inv(np.linalg.cholesky(np.cov(x, rowvar=False))).T
    assert frechet.frechet_distance(x, x) == pytest.approx(0, abs=1e-9)
    assert frechet.frechet_distance(x, x + 2) == pytest.approx(12)
    assert frechet.frechet_distance(x, 3 * x) == pytest.approx(12)
