"""Replicates from half-samples."""

import numpy as np
import pytest

from latente.results import halves, jackknife

GENERATOR = np.random.default_rng(0)


def test_a_mean_has_the_replicates_of_the_jackknife() -> None:
    """The two methods agree exactly for a number that is linear in the images."""
    values = GENERATOR.standard_normal(400)
    offsets = halves.offsets(lambda kept, half: np.array([values[kept].mean(), 7.0]), 400)
    assert values.mean() + offsets[:, 0] == pytest.approx(jackknife.left_out(values))
    assert not offsets[:, 1].any()


def test_every_half_has_half_of_the_images_and_its_own_number() -> None:
    """38 halves in pairs: a half and its complement. Every group is in 19 of them."""
    seen: dict[int, np.ndarray] = {}

    def record(kept: np.ndarray, half: int) -> np.ndarray:
        seen[half] = kept
        return np.zeros(1)

    halves.offsets(record, 100)
    assert sorted(seen) == list(range(38))
    assert all(kept.sum() == 50 for kept in seen.values())
    assert all((seen[2 * pair] != seen[2 * pair + 1]).all() for pair in range(19))
    assert (np.sum(list(seen.values()), axis=0) == 19).all()


def test_chance_enters_the_variance_as_in_a_mean_over_two_starts() -> None:
    """A number that is pure chance with variance 1 has a jackknife variance of 1/2. The jackknife itself gives 18."""
    draws = [halves.offsets(lambda kept, half: GENERATOR.standard_normal(1), 40)[:, 0] for _ in range(400)]
    variances = [19 / 20 * np.square(draw - draw.mean()).sum() for draw in draws]
    assert np.mean(variances) == pytest.approx(0.5, rel=0.05)
