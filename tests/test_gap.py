"""The gap between distributions with a known distance."""

import json

import numpy as np
import pytest

from latente.analyses import gap
from latente.codes.densities import standard
from latente.codes.latents import Latents
from latente.measures.judge import Classifier
from latente.models.network import factory
from latente.results import records
from latente.results.grid import Grid

GENERATOR = np.random.default_rng(0)
OPTIONS = gap.Options(samples=500, active=0.01, neighbours=5, quantile=0.9, accept=0.0, seed=0)
NET = factory.build("ae", 4, (32, 16), factory.options("ae")(), seed=0)
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


def test_codes_of_the_prior_itself_have_no_gap() -> None:
    """Prior samples are in holes as often as the test codes. The quantile fixes this share."""
    found = score(normal(6000))
    assert found["held_out.holes"] == pytest.approx(0.1, abs=0.002)
    assert found["standard.holes"] == pytest.approx(0.1, abs=0.04)
    assert found["gaussian.holes"] == pytest.approx(0.1, abs=0.04)
    assert found["standard.energy"] == pytest.approx(2e-3, abs=2e-3)


def test_a_shifted_distribution_leaves_a_gap_to_the_prior_and_none_to_the_gaussian() -> None:
    """All prior samples are in holes. The fitted Gaussian follows the codes."""
    found = score(normal(6000) + 50)
    assert found["standard.holes"] == 1
    assert found["standard.energy"] > 0.9
    assert found["gaussian.holes"] == pytest.approx(0.1, abs=0.04)
    assert found["gaussian.energy"] < 0.01


def test_noise_of_inactive_units_hides_no_hole() -> None:
    """The score leaves out units with a constant mean."""
    mean = np.zeros((3000, 4), dtype=np.float32)
    mean[:, 0] = 3 * np.sign(normal(3000)[:, 0])
    sample = mean + np.array([0.02, 300, 300, 300], dtype=np.float32) * normal(3000)
    assert score(sample, mean)["standard.holes"] > 0.9


def test_the_threshold_decides_what_is_accepted() -> None:
    """With a threshold of 0 the judge accepts all codes, with 1 it accepts none."""
    sample = normal(600)
    strict = OPTIONS.model_copy(update={"accept": 1.0})
    for options, expected in ((OPTIONS, 1), (strict, 0)):
        found = score(sample, options=options)
        assert {value for name, value in found.items() if "accepted" in name} == {expected}


def test_every_model_is_scored_and_a_missing_side_stays_out_of_the_summary() -> None:
    """The result has all models, all seeds and the null. A seed without codes elsewhere has no such value."""
    grid = Grid({"ae": {0: codes(normal(900)), 1: codes(normal(900) + 50)}})
    found = gap.analyse(Grid({"ae": {0: NET, 1: NET}}), grid, JUDGE, OPTIONS).measurements
    assert set(found) == {"ae", "prior"}
    assert found["prior"]["data"].metrics["standard.energy"] == pytest.approx(2e-3, rel=0.5)
    numbers = records.read("gap", json.loads(records.to_json("gap", found)))
    assert set(numbers["gap.ae.standard.accepted_elsewhere"]) == {"0"}
    assert set(numbers["gap.ae.standard.accepted_in_holes"]) == {"0", "1"}


def test_prior_codes_are_the_first_of_those_that_are_sampled_elsewhere() -> None:
    """A seed gives one sequence of codes, for any number of codes."""
    np.testing.assert_array_equal(standard(normal(1), 20, 3), standard(normal(1), 50, 3)[:20])
