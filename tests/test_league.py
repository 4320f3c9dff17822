"""The league: what it keeps of the analyses, and what it makes of stored results."""

import json

import numpy as np
import pytest

from latente.analyses import league
from latente.codes.latents import Latents
from latente.codes.prior import Prior
from latente.project import paths
from latente.results.measurement import Measurement
from latente.results.result import Result
from latente.survey import league as measures
from latente.survey import settings
from tests.support import ROOT

GENERATOR = np.random.default_rng(0)


@pytest.fixture
def root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def codes(scale: np.ndarray) -> Latents:
    """Codes of two classes that the first unit separates; one half trains, the other tests."""
    label = (np.arange(400) % 2).astype(np.uint8)
    mean = (GENERATOR.standard_normal((400, len(scale))) * scale).astype(np.float32)
    mean[:, 0] += 20 * label
    part = np.repeat(np.array([0, 2], dtype=np.uint8), 200)
    return Latents(mean, np.zeros_like(mean), mean, label, part, Prior.standard(len(scale)))


def test_the_league_measures_separated_codes_with_one_inactive_unit(root: None) -> None:
    """One label of a class is enough for the probe, and two of three units are active."""
    options = settings.load().league.base
    results = [Result({"x": {"0": Measurement({"mse": 0.5, "class.1.mse": 0.7})}}, {})]
    found = measures.measure(results, "x", "0", codes(np.array([1.0, 1.0, 0.01])), options)
    assert found.metrics["mse"] == 0.5
    assert "class.1.mse" not in found.metrics, "no headline"
    assert found.metrics["active_units"] == 2
    assert found.metrics["knn_accuracy"] == 1
    assert found.metrics["probe.1"] > 0.9
    assert found.metrics["silhouette"] > 0.8
    assert {"silhouette", "probe.1", "active_units"} <= set(found.replicates)


def test_the_pareto_front_has_what_no_other_point_beats() -> None:
    """A point that equals another one in both is on the front too."""
    points = np.array([[0.0, 3.0], [1.0, 2.0], [1.0, 2.0], [1.0, 1.0], [2.0, 0.0], [1.5, 0.0]])
    assert league.front(points).tolist() == [True, True, True, False, True, False]


def test_generation_is_the_better_of_two_densities(root: None) -> None:
    """Every variant has the number, with the replicates of the density that it comes from."""
    gathered = settings.gather()
    names = gathered["survey"]["league"]["settings"]
    (data,) = {name for variant in names for name in gathered["results"][variant]["data"]}
    found = league.analyse(gathered, data, 0.95)
    assert set(found.measurements) == set(names)
    assert set(found.figures) == {"tradeoffs", "variants"}
    for seeds in found.measurements.values():
        for one in seeds.values():
            best = max(("standard.accepted", "mixture.accepted"), key=lambda name, one=one: one.metrics[name])
            assert one.metrics["generation"] == one.metrics[best]
            np.testing.assert_array_equal(one.replicates["generation"], one.replicates[best])


def test_a_league_of_other_images_is_left_out(root: None) -> None:
    """A study of another data set has no numbers of the league, and a sentence in place of each figure."""
    found = league.analyse(settings.gather(), "another data set", 0.95)
    assert found.measurements == {}
    assert {text.get_text() for one in found.figures.values() for text in one.texts} == {
        "The league has not run on these images."
    }


def test_the_committed_league_trains_every_variant(root: None) -> None:
    """Each file of the variants has a place, and a posterior of a Gaussian has a rate."""
    stored = json.loads(paths.survey().read_bytes())
    group = stored["survey"]["league"]
    assert {setting["model"] for setting in group["settings"].values()} == {
        file.stem for file in (ROOT / "src/latente/models/variants").glob("[a-z]*.py")
    }
    for name, setting in group["settings"].items():
        records = stored["results"][name]["records"]
        assert {record["seed"] for record in records} == set(map(str, group["base"]["seeds"]))
        has_rate = any(record["metric"] == "rate" for record in records)
        assert has_rate == (setting["model"] not in ("ae", "dae", "rae", "wae")), name
