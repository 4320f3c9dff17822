"""The league: what it keeps of the analyses, and what it makes of stored results."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mlflow import MlflowClient

from latente.analyses import league
from latente.codes.latents import Latents
from latente.codes.prior import Prior
from latente.errors import LatenteError
from latente.project import paths
from latente.results import records
from latente.results.measurement import Measurement
from latente.results.result import Result
from latente.study import league as variant_rows
from latente.study.state import PipelineState
from latente.study.tree import Folder
from latente.survey import league as measures
from latente.survey import settings
from latente.tracking import league as tracked
from latente.tracking import results
from latente.tracking.runs import StoredRun
from latente.tracking.silence import Silence
from tests.support import ROOT, client, table

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


# The table of results in MLflow

STUDY = PipelineState(["ae"], [0], {}, {"data/raw": "0123"}, {}, ["league"], {}, {}, reported=True)
TAGS = {"commit": "0123456", "dirty": "false"}


@pytest.fixture
def store(root: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> MlflowClient:
    """An empty store with the experiment of the results."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'mlflow.db'}")
    client(tmp_path).create_experiment(results.RESULTS)
    return client(tmp_path)


def published(store: MlflowClient, variants: variant_rows.League) -> str:
    """The id of the experiment in which the league was published."""
    experiment = store.get_experiment_by_name(results.RESULTS).experiment_id
    tracked.publish(store, experiment, variants, TAGS, Silence())
    return experiment


def test_every_training_of_the_league_stands_in_the_table(store: MlflowClient) -> None:
    """Its metrics have the names of a row of a study, and its parameters are its options. Nothing is written twice."""
    variants = variant_rows.rows(Folder(), STUDY)
    experiment = published(store, variants)
    published(store, variants)
    settings_of_league = settings.load().league
    assert len(variants.rows) == len(settings_of_league.settings) * len(settings_of_league.base.seeds)
    assert len(table(store, "variant")) == len(variants.rows)
    assert len(table(store, "league")) == 1
    (run,) = store.search_runs([experiment], "params.variant = 'beta_03' and tags.seed = '2'")
    numbers = records.read("league", json.loads(paths.metrics("league").read_bytes()))
    assert run.data.metrics["separation.silhouette"] == numbers["league.beta_03.silhouette"]["2"]
    assert run.data.metrics["prior.mixture.accepted"] == numbers["league.beta_03.mixture.accepted"]["2"]
    assert (run.data.params["model"], run.data.params["models.vae.beta"]) == ("vae", "0.3")
    assert (run.info.status, run.data.tags["commit"], run.data.tags["data"]) == ("FINISHED", "0123456", "0123")
    with pytest.raises(LatenteError, match="names no row or study"):
        results.find(run.info.run_id)


def test_another_league_stands_beside_the_first(store: MlflowClient) -> None:
    """A number, an option or the images differ."""
    variants = variant_rows.rows(Folder(), STUDY)
    other = variant_rows.rows(Folder(), replace(STUDY, outputs={"data/raw": "4567"}))
    assert variants.key != other.key
    published(store, variants)
    published(store, other)
    assert len(table(store, "league")) == 2


def test_a_league_is_published_whole_or_not_at_all(store: MlflowClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """If a row fails, nothing is left; the next attempt writes all."""
    variants, write = variant_rows.rows(Folder(), STUDY), tracked._write

    def fail(parent: StoredRun, name: str, *rest: Any) -> None:
        if name.startswith("rae"):
            raise OSError(28, "No space left on device")
        write(parent, name, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(tracked, "_write", fail)
        with pytest.raises(OSError, match="No space"):
            published(store, variants)
    assert table(store, "variant") == table(store, "league") == []
    published(store, variants)
    assert len(table(store, "variant")) == len(variants.rows)


def test_without_results_there_is_no_league(store: MlflowClient) -> None:
    """The survey did not run on the images of the study, or the study is older than the league."""
    variants = variant_rows.rows(Folder(), replace(STUDY, measured=[]))
    published(store, variants)
    assert (variants.rows, table(store, "league")) == ({}, [])
