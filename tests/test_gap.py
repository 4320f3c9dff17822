"""The gap between laws whose distance is known."""

import numpy as np
import pytest

from latente import models
from latente.analyses import gap
from latente.densities import standard
from latente.judge import Classifier
from latente.latents import Latents
from latente.scores import summaries

GENERATOR = np.random.default_rng(0)
OPTIONS = gap.Options(samples=500, active=0.01, neighbours=5, quantile=0.9, accept=0.0, seed=0)
NET = models.build("ae", 4, (32, 16), models.options("ae")(), seed=0)
JUDGE = Classifier().eval()


def normal(count: int, latent: int = 4) -> np.ndarray:
    return GENERATOR.standard_normal((count, latent)).astype(np.float32)


def codes(sample: np.ndarray, mean: np.ndarray | None = None) -> Latents:
    """Codes of images of ten classes, two thirds of them training images."""
    count = len(sample)
    label = (np.arange(count) % 10).astype(np.uint8)
    part = np.where(np.arange(count) % 3 < 2, 0, 2).astype(np.uint8)
    return Latents(sample if mean is None else mean, np.zeros_like(sample), sample, label, part)


def score(sample: np.ndarray, mean: np.ndarray | None = None, options: gap.Options = OPTIONS) -> dict[str, float]:
    return gap.score(NET, codes(sample, mean), JUDGE, options)[0]


def test_energy_distance_is_zero_for_one_law_and_one_far_apart() -> None:
    """Two samples of a law are at about 1 / n, two distant ones near one; a shift lies between and grows."""
    one, other = normal(1000), normal(1000)
    assert 0 <= gap.energy_distance(one, other) == pytest.approx(1e-3, rel=0.5)
    assert gap.energy_distance(one, other + 1000) > 0.99
    shifts = [gap.energy_distance(one, other + shift) for shift in (0.0, 0.5, 1.0, 5.0)]
    assert shifts == sorted(shifts)
    assert gap.energy_distance(7 * one, 7 * other) == pytest.approx(gap.energy_distance(one, other), rel=1e-6)


def test_energy_distance_of_single_codes_is_what_its_definition_says() -> None:
    """{0} against {-1, 1}: (2 - 0 - 1) / 2."""
    assert gap.energy_distance(np.zeros((1, 1)), np.array([[-1.0], [1.0]])) == pytest.approx(0.5)


def test_codes_of_the_prior_itself_have_no_gap() -> None:
    """Samples of one law fall in holes as often as the codes do, whose share is fixed by the quantile."""
    found = score(normal(6000))
    assert found["held_out.holes"] == pytest.approx(0.1, abs=0.002)
    assert found["standard.holes"] == pytest.approx(0.1, abs=0.04)
    assert found["gaussian.holes"] == pytest.approx(0.1, abs=0.04)
    assert found["standard.energy"] == pytest.approx(2e-3, abs=2e-3)


def test_a_shifted_law_leaves_a_gap_to_the_prior_and_none_to_the_gaussian() -> None:
    """Every prior sample lies in a hole; what is fitted follows the codes."""
    found = score(normal(6000) + 50)
    assert found["standard.holes"] == 1
    assert found["standard.energy"] > 0.9
    assert found["gaussian.holes"] == pytest.approx(0.1, abs=0.04)
    assert found["gaussian.energy"] < 0.01


def test_the_distance_is_that_to_the_kth_neighbour_over_the_edge() -> None:
    """Of three codes on a line, the second nearest; the unit is the distance of the own code."""
    train, own, other = (np.array(points, dtype=np.float32)[:, None] for points in ([0, 1, 3], [0], [3]))
    options = OPTIONS.model_copy(update={"neighbours": 2})
    found = gap.reach(train, {"held_out": own, "x": other}, options)
    assert (found["held_out"].tolist(), found["x"].tolist()) == ([1], [2])


def test_the_scale_of_a_space_makes_no_holes() -> None:
    """A hundred times the codes, the same distances in units of the edge."""
    one, other = normal(500), normal(200)
    found = [
        gap.reach(scale * one, {"held_out": scale * other, "x": scale * (other + 1)}, OPTIONS)["x"]
        for scale in (1, 100)
    ]
    np.testing.assert_allclose(found[0], found[1], rtol=1e-3)


def test_noise_of_inactive_units_hides_no_hole() -> None:
    """A unit whose mean says nothing is left out; if all are such, the one that says most stays."""
    mean = np.zeros((3000, 4), dtype=np.float32)
    mean[:, 0] = 3 * np.sign(normal(3000)[:, 0])
    sample = mean + np.array([0.02, 300, 300, 300], dtype=np.float32) * normal(3000)
    assert gap.active(codes(sample, mean), 0.01).tolist() == [True, False, False, False]
    assert score(sample, mean)["standard.holes"] > 0.9
    assert gap.active(codes(sample, mean / 1000), 0.01).tolist() == [True, False, False, False]


def test_acceptance_is_told_apart_by_side() -> None:
    """A side without codes has no metric, and no NaN."""
    hole, accepted = np.array([True, False, False, False]), np.array([False, True, True, False])
    assert gap.by_side(hole, accepted) == pytest.approx(
        {"holes": 0.25, "accepted_in_holes": 0, "accepted_elsewhere": 2 / 3}
    )
    assert set(gap.by_side(hole[:1], accepted[:1])) == {"holes", "accepted_in_holes"}
    assert set(gap.by_side(hole[1:], accepted[1:])) == {"holes", "accepted_elsewhere"}


def test_the_threshold_decides_what_is_accepted() -> None:
    """Above no confidence all, above full confidence none."""
    sample = normal(600)
    strict = OPTIONS.model_copy(update={"accept": 1.0})
    for options, expected in ((OPTIONS, 1), (strict, 0)):
        found = score(sample, options=options)
        assert {value for name, value in found.items() if "accepted" in name} == {expected}


def test_every_model_is_scored_and_a_missing_side_stays_out_of_the_summary() -> None:
    """Models, seeds and the null; seeds with no code elsewhere are not in the mean."""
    grid = {"ae": {0: codes(normal(900)), 1: codes(normal(900) + 50)}}
    found = gap.analyse({"ae": {0: NET, 1: NET}}, grid, JUDGE, OPTIONS)
    assert set(found.scores) == {"ae", "prior"}
    assert found.scores["prior"]["data"]["standard.energy"] == pytest.approx(2e-3, rel=0.5)
    summary = summaries(found.scores)["ae"]["standard"]
    assert set(summary["accepted_elsewhere"]["seeds"]) == {"0"}
    assert set(summary["accepted_in_holes"]["seeds"]) == {"0", "1"}


def test_prior_codes_are_the_first_of_those_that_are_sampled_elsewhere() -> None:
    """One seed, one sequence of codes, however many are drawn."""
    np.testing.assert_array_equal(standard(normal(1), 20, 3), standard(normal(1), 50, 3)[:20])
