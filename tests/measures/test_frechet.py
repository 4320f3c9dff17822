"""Fréchet distance of Gaussians whose distance is known."""

import numpy as np
import pytest

from latente.measures import frechet
from latente.measures.frechet import distance, fit


def test_frechet_distance_of_known_gaussians() -> None:
    """Equal sets have distance 0. A shift adds its square. A scale s adds d (s - 1)^2 for unit variance."""
    x = np.random.default_rng(0).standard_normal((500, 3))
    x = (x - x.mean(0)) @ np.linalg.inv(np.linalg.cholesky(np.cov(x, rowvar=False))).T
    assert distance(fit(x), fit(x)) == pytest.approx(0, abs=1e-9)
    assert distance(fit(x), fit(x + 2)) == pytest.approx(12)
    assert distance(fit(x), fit(3 * x)) == pytest.approx(12)


def test_the_distance_of_halves_of_one_distribution_falls_with_their_size() -> None:
    """The floor is above 0, so only sets of equal size compare."""
    x = np.random.default_rng(0).standard_normal((8000, 5))
    floors = [distance(fit(x[:size]), fit(x[-size:])) for size in (50, 500, 4000)]
    assert floors == sorted(floors, reverse=True)
    assert floors[-1] > 0


def test_several_networks_give_the_mean() -> None:
    """Distances 12 and 0 in two feature spaces give 6."""
    x = np.random.default_rng(0).standard_normal((500, 3))
    one, moved = fit(x), fit(x + 2)
    assert frechet.mean_distance([one, one], [moved, one]) == pytest.approx(6)
