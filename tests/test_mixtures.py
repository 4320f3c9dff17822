"""Mixtures of Gaussians: the number that validation codes choose, on codes whose number is known."""

import numpy as np
import pytest

from latente.codes import mixtures
from latente.codes.densities import gaussian, standard
from latente.codes.latents import Latents
from latente.codes.prior import Prior

GRID = (1, 2, 3, 5, 10)


def of(centres: list[float], count: int) -> np.ndarray:
    """Codes of two dimensions around some centres on the diagonal; another count gives other codes."""
    generator = np.random.default_rng(count)
    chosen = generator.choice(centres, count)[:, None]
    return (chosen + generator.normal(0, 0.5, (count, 2))).astype(np.float32)


@pytest.mark.parametrize("centres", [[0.0], [-4.0, 4.0], [-6.0, 0.0, 6.0]])
def test_the_known_number_of_clusters_is_chosen(centres: list[float]) -> None:
    """From a grid that has smaller and larger numbers."""
    found = mixtures.choose(of(centres, 3000), of(centres, 3001), GRID, seed=0)
    assert found.components == len(centres)
    tried = [*GRID[: len(centres)], GRID[len(centres)]]
    assert list(found.curve) == tried, "the search ends one number after the best"
    assert max(found.curve, key=lambda number: found.curve[number]) == len(centres)


def test_the_curve_is_the_likelihood_of_the_validation_codes() -> None:
    """Codes of N(0, I/4): the mean log-density is minus the entropy, -(1 + log(2 pi / 4))."""
    found = mixtures.choose(of([0.0], 20_000), of([0.0], 20_001), (1,), seed=0)
    assert found.curve[1] == pytest.approx(-(1 + np.log(2 * np.pi / 4)), abs=0.02)


def test_draws_have_the_clusters_in_random_order_and_the_same_bytes_twice() -> None:
    """Half of the first draws come from each cluster."""
    found = mixtures.choose(of([-5.0, 5.0], 2000), of([-5.0, 5.0], 500), (2,), seed=0)
    drawn = found.draw(4000, seed=1)
    assert (np.abs(np.abs(drawn) - 5) < 3).all()
    assert abs((drawn[:2000, 0] > 0).mean() - 0.5) < 0.1
    np.testing.assert_array_equal(drawn, found.draw(4000, seed=1))
    assert not np.array_equal(drawn, found.draw(4000, seed=2))


def test_few_and_equal_codes_have_a_mixture() -> None:
    """Numbers above half of the codes are left out, but never the first; equal codes are no error."""
    equal = np.full((50, 2), 0.3, dtype=np.float32)
    for count, tried in ((20, [1, 2, 3, 5, 10]), (9, [1, 2, 3])):
        same = of([0.0], count)  # on the codes that fit it, the likelihood never falls, so no search stops early
        assert list(mixtures.choose(same, same, GRID, seed=0).curve) == tried
    assert np.abs(mixtures.choose(equal, equal, (1,), seed=0).draw(20, seed=0) - 0.3).max() < 0.5


def test_the_densities_without_choice_have_the_moments_of_the_codes() -> None:
    """The prior ignores the codes, and the Gaussian has their mean and covariance."""
    two = of([-5.0, 5.0], 4000)
    codes = Latents(two, two, two, *2 * [np.zeros(4000, np.uint8)], Prior.standard(two.shape[1]))
    assert abs(standard(codes, 4000, 0).std() - 1) < 0.05
    drawn = gaussian(codes, 20_000, 0)
    np.testing.assert_allclose(drawn.mean(0), two.mean(0), atol=0.2)
    np.testing.assert_allclose(np.cov(drawn.T), np.cov(two.T), rtol=0.05)
