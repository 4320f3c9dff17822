"""The gap between distributions with a known density ratio, and what a known ratio explains."""

import json

import numpy as np
import pytest

from latente.analyses import gap
from latente.analyses.gap import Points
from latente.codes.latents import Latents
from latente.codes.prior import Prior
from latente.errors import LatenteError
from latente.models.network import factory
from latente.models.network.autoencoder import Sizes
from latente.results import jackknife, records
from latente.results.grid import Grid
from tests.support import mlp, untrained_judge

GENERATOR = np.random.default_rng(0)
OPTIONS = gap.Options(samples=1000, active=0.01, fitted=4000, codes_per_component=2000, quantile=0.9, seed=0)
NET = factory.build("ae", Sizes(784, 4, mlp((32, 16))), factory.options("ae")(), seed=0)


def normal(count: int, latent: int = 4) -> np.ndarray:
    return GENERATOR.standard_normal((count, latent)).astype(np.float32)


def codes(sample: np.ndarray, mean: np.ndarray | None = None) -> Latents:
    """Codes of images of ten classes: half of them training images, a quarter validation and a quarter test images."""
    count = len(sample)
    label = (np.arange(count) % 10).astype(np.uint8)
    part = np.array([0, 0, 1, 2], dtype=np.uint8)[np.arange(count) % 4]
    return Latents(
        sample if mean is None else mean, np.zeros_like(sample), sample, label, part, Prior.standard(sample.shape[1])
    )


def found(sample: np.ndarray, mean: np.ndarray | None = None) -> dict[str, float]:
    points = gap.compare(NET, codes(sample, mean), untrained_judge(), OPTIONS)
    return dict(gap.measure(points, OPTIONS.quantile).metrics)


def accepting(share: np.ndarray, log_ratio: np.ndarray) -> np.ndarray:
    return np.asarray(GENERATOR.random(len(log_ratio)) < share)


def test_codes_of_the_prior_itself_have_no_gap() -> None:
    """The classifier knows nothing, and prior samples are in holes as often as own codes."""
    values = found(normal(8000))
    assert values["auc"] == pytest.approx(0.5, abs=0.03)
    assert values["log_loss"] == pytest.approx(np.log(2), abs=0.01)
    assert values["holes"] == pytest.approx(0.1, abs=0.03)
    assert values["reweighted.effective"] > 0.9


def test_a_shifted_distribution_has_the_largest_gap() -> None:
    """All prior samples are in holes, and no draw has a weight, so no part of a shortfall is explained."""
    values = found(normal(8000) + 20)
    assert values["auc"] == 1
    assert values["holes"] == 1
    assert "explained" not in values


def test_two_gaussians_have_the_auc_that_theory_gives() -> None:
    """A shift of one standard deviation in one unit: AUC = Phi(1 / sqrt 2) = .760."""
    assert found(normal(8000) + np.array([1, 0, 0, 0], dtype=np.float32))["auc"] == pytest.approx(0.760, abs=0.03)


def test_noise_of_inactive_units_hides_no_hole() -> None:
    """The ratio leaves out units with a constant mean."""
    mean = np.zeros((8000, 4), dtype=np.float32)
    mean[:, 0] = 20 + normal(8000)[:, 0]
    sample = mean + np.array([0, 300, 300, 300], dtype=np.float32) * normal(8000)
    values = found(sample, mean)
    assert values["holes"] == 1


def test_a_mismatch_that_causes_all_failures_explains_all_of_them() -> None:
    """Own codes are accepted as prior draws with the same ratio: then the weighted share is that of own codes."""
    drawn = GENERATOR.standard_normal(10_000)
    own = GENERATOR.standard_normal(10_000) + 1  # the log ratio at z is z - 1/2
    points = [accepting(1 / (1 + np.exp(-2 * z)), z) for z in (own, drawn)]
    values = gap.measure(Points(own - 0.5, drawn - 0.5, *points), 0.95)
    assert values.metrics["explained"] == pytest.approx(1, abs=0.1)
    tenths = [values.metrics[f"tenth.{number}.accepted"] for number in range(1, 11)]
    assert tenths == sorted(tenths)
    assert tenths[0] < 0.1
    assert tenths[-1] > 0.9


def test_failures_that_do_not_depend_on_the_ratio_are_not_explained() -> None:
    """Nine of ten own codes and one of two draws are accepted, wherever they are."""
    drawn, own = GENERATOR.standard_normal(10_000), GENERATOR.standard_normal(10_000) + 1
    points = [accepting(np.full(10_000, share), z) for share, z in ((0.9, own), (0.5, drawn))]
    values = gap.measure(Points(own - 0.5, drawn - 0.5, *points), 0.95).metrics
    assert values["explained"] == pytest.approx(0, abs=0.1)
    assert [values[f"tenth.{number}.accepted"] for number in (1, 10)] == pytest.approx([0.5, 0.5], abs=0.06)


def test_without_a_shortfall_nothing_is_explained() -> None:
    """A share of nothing is left out; the other numbers stay."""
    z = GENERATOR.standard_normal(1000)
    everything = np.ones(1000, dtype=bool)
    values = gap.measure(Points(z, z, everything, everything), 0.95).metrics
    assert "explained" not in values
    assert values["reweighted.accepted"] == pytest.approx(1)


def test_replicates_leave_out_draws_and_own_codes_of_a_group() -> None:
    """The value without group 3 is the value of the other draws and codes."""
    z = GENERATOR.standard_normal((2, 1000))
    accepted = GENERATOR.random((2, 1000)) < 0.5
    points = Points(z[0] + 1, z[1], accepted[0], accepted[1])
    kept = jackknife.assign(1000) != 3
    fewer = Points(*(getattr(points, name)[kept] for name in ("own", "drawn", "own_accepted", "drawn_accepted")))
    whole, without = gap.measure(points, 0.9), gap.measure(fewer, 0.9)
    for metric in ("auc", "holes", "reweighted.accepted", "own.accepted"):
        assert whole.replicates[metric][3] == pytest.approx(without.metrics[metric])


def test_a_collapsed_model_is_refused() -> None:
    """Equal codes have no density; the error says what to do."""
    constant = codes(np.full((4000, 4), 0.5, dtype=np.float32))
    with pytest.raises(LatenteError, match="a model has collapsed; lower its beta, or train it longer"):
        gap.compare(NET, constant, untrained_judge(), OPTIONS)


def test_every_model_is_scored_and_a_missing_part_stays_out_of_the_summary() -> None:
    """The result has all models, all seeds and the null of the energy distance, and the same bytes twice."""
    grid = Grid({"ae": {0: codes(normal(4000)), 1: codes(normal(4000) + 50)}})
    nets, judge = Grid({"ae": {0: NET, 1: NET}}), untrained_judge(0.05)
    result = gap.analyse(nets, grid, judge, with_samples(200))
    assert set(result.measurements) == {"ae", "prior"}
    numbers = records.read("gap", json.loads(records.to_json("gap", result.measurements)))
    assert set(numbers["gap.ae.auc"]) == {"0", "1"}
    assert "gap.ae.explained" not in numbers
    assert numbers["gap.ae.standard.energy"]["1"] > 0.9 > numbers["gap.ae.standard.energy"]["0"]
    assert set(result.figures) == {"tenths", "ratio"}


def with_samples(samples: int) -> gap.Options:
    return OPTIONS.model_copy(update={"samples": samples})


def test_prior_codes_are_the_first_of_those_that_are_sampled_elsewhere() -> None:
    """A seed gives one sequence of codes, for any number of codes."""
    prior = Prior.standard(4)
    np.testing.assert_array_equal(prior.draw(20, 3), prior.draw(50, 3)[:20])
