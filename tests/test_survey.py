"""The survey: its settings, its collected results, and its committed files."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ruamel.yaml import YAML

from latente import cli
from latente.analyses import survey
from latente.data.splits import Splits
from latente.determinism import canonical
from latente.dotted import at
from latente.errors import DataError, ParamsError
from latente.models.network import weights
from latente.project import digests, explaining, paths
from latente.project.params import Params
from latente.results import records
from latente.results.measurement import Measurement
from latente.survey import measurement, settings, training
from latente.survey.settings import Settings
from tests.support import ROOT, untrained_judge


@pytest.fixture
def root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def test_every_setting_is_a_valid_study(root: None) -> None:
    """Every setting changes existing keys to allowed values, and no two settings are the same."""
    loaded = settings.load()
    for group, least in ((loaded, 15), (loaded.league, 10)):
        studies = [(setting.model, setting.set) for setting in group.settings.values()]
        assert len(set(studies)) == len(studies) >= least
        assert all(group.study(name).data.name == "mnist" for name in group.settings)
    assert all(loaded.study(name).train.passes <= 20 for name in loaded.settings)
    assert settings.changed(["models.vae.beta=0.1", "models.vae.noise=false"]).models["vae"] == {
        "beta": 0.1,
        "noise": False,
    }


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("train.epoch=3", "train.epoch: unknown key; did you mean 'epochs'?"),
        ("trains.epochs=3", "params.yaml has no trains.epochs"),
        ("train.epochs.of=3", "params.yaml has no train.epochs.of"),
        ("trains=3", "trains: unknown key; did you mean 'train'?"),
        ("train.epochs=x", "train.epochs: input should be auto, or a whole number from 1 to 10,000,000; found 'x'"),
    ],
)
def test_a_change_of_an_unknown_key_or_to_a_wrong_value_is_refused(root: None, change: str, expected: str) -> None:
    """The error says what is wrong."""
    with pytest.raises(ParamsError, match=expected.replace("?", r"\?")):
        settings.changed([change])


def test_an_unknown_setting_is_refused(root: None) -> None:
    """The error lists the settings that exist."""
    with pytest.raises(ParamsError, match="survey/params.yaml: no setting 'x'; known: ae_base, "):
        settings.load().of("x")


def test_a_renamed_key_is_explained(root: None) -> None:
    """The key `settings` was `variants` in earlier versions."""
    now = settings.load().model_dump(mode="json", include={"base", "league", "studies"})
    earlier = {**now, "variants": {}}
    with pytest.raises(ParamsError, match=r"survey/params.yaml:\d+: variants: renamed to `settings`"):
        explaining.check(Settings, earlier, file=paths.survey_params())


def test_the_path_from_ae_to_vae_changes_only_noise_and_beta() -> None:
    """A setting with other changes is not on the path."""
    settings: dict[str, dict[str, Any]] = {
        "v": {"model": "vae", "set": []},
        "a": {"model": "ae", "set": []},
        "n": {"model": "vae", "set": ["models.vae.beta=0.3"]},
        "s": {"model": "vae", "set": ["models.vae.beta=0.3", "models.vae.noise=false"]},
        "e": {"model": "vae", "set": ["train.epochs=3"]},
        "o": {"model": "other", "set": []},
    }
    options: dict[str, dict[str, Any]] = {"a": {}, "o": {}, "e": {"beta": 0.7}, "v": {"beta": 0.7}}
    options |= {"n": {"beta": 0.3, "noise": True}, "s": {"beta": 0.3, "noise": False}}
    gathered = {"survey": {"settings": settings}, "options": options}
    assert survey.path(gathered) == {"with noise": {0.3: "n", 0.7: "v"}, "without noise": {0.0: "a", 0.3: "s"}}


def test_the_analysis_keeps_metrics_and_replicates(root: None) -> None:
    """The measurements of the analysis are the stored values of every setting and seed."""
    gathered = settings.gather()
    (data,) = {name for result in gathered["results"].values() for name in result["data"]}
    measurements = survey.analyse(gathered, data).measurements
    for name in gathered["survey"]["settings"]:
        result = gathered["results"][name]
        for full, seeds in records.read("survey", result).items():
            metric = full.removeprefix(f"survey.{name}.")
            assert seeds == {seed: one.metrics[metric] for seed, one in measurements[name].items()}
        assert records.replicates({name: measurements[name]}) == result["replicates"]


def test_a_survey_of_other_images_is_left_out(root: None) -> None:
    """A study of another data set has no numbers of the survey, and a sentence in place of the figure."""
    found = survey.analyse(settings.gather(), "another data set")
    assert found.measurements == {}
    assert [text.get_text() for text in found.figures["path"].texts] == ["The survey has not run on these images."]
    assert paths.replicates("survey") in found.files("survey"), "an output of the stage"


def measured(study: Params, model: str, images: Splits, folder: Path) -> Mapping[str, float]:
    """The metrics of one training from seed 0."""
    base = settings.load().base.model_copy(update={"samples": 50})
    (folder / "net").write_bytes(training.train(study, model, 0, images, epochs=2))
    return measurement.measure({0: weights.load(folder / "net")}, images, untrained_judge(), base, encode_seed=0)[
        "0"
    ].metrics


def test_without_noise_and_rate_a_vae_is_the_ae(root: None, images: Splits, tmp_path: Path) -> None:
    """Such a VAE has exactly the metrics of the AE, so the path from AE to VAE starts at the AE."""
    small = ["train.epochs=2", "network.hidden=[32, 16]"]
    ae, vae, noisy = (
        measured(settings.changed([*small, *changes]), model, images, tmp_path)
        for model, changes in (
            ("ae", []),
            ("vae", ["models.vae.beta=0", "models.vae.noise=false"]),
            ("vae", ["models.vae.beta=0"]),
        )
    )
    for metric in ("mse", "silhouette", "knn_accuracy", "prior_accepted"):
        assert ae[metric] == vae[metric]
    assert ae["mse"] != noisy["mse"]
    assert set(vae) - set(ae) == {"rate"}


def test_the_command_gathers_every_setting(root: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The written file has all settings and their results."""
    monkeypatch.setattr(paths, "survey", lambda: tmp_path / "survey.json")
    cli.main(["survey"])
    written = json.loads((tmp_path / "survey.json").read_bytes())
    survey = written["survey"]
    assert set(written["results"]) == {*survey["settings"], *survey["league"]["settings"]}
    assert set(survey["settings"]) == set(settings.load().settings)


@pytest.mark.parametrize(("digest", "expected"), [("a", ["a"]), ("b", ["a", "b"])])
def test_a_variant_has_the_numbers_of_both_its_results(
    root: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, digest: str, expected: list[str]
) -> None:
    """If they come from different images, the result names both, and so belongs to neither data set."""
    folders = {"setting": ("mse", "a"), "beyond": ("disentanglement", digest)}
    for kind, (metric, data) in folders.items():
        found = {"vae": {"0": Measurement.over_images({metric: np.arange(40.0)})}}
        content = records.to_json("league", found, replicates=records.replicates(found), data=[data])
        (tmp_path / f"{kind}.json").write_bytes(content)
        monkeypatch.setattr(paths, kind, lambda _, kind=kind: tmp_path / f"{kind}.json")
    result = settings.gather()["results"]["vae"]
    assert result["data"] == expected
    measured = records.measurements("vae", result)["0"]
    assert set(measured.metrics) == set(measured.replicates) == {"mse", "disentanglement"}


def test_two_results_of_a_variant_with_other_seeds_are_refused(
    root: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """One of the two stages ran with other seeds: the error names both files, and nothing is mixed."""
    for kind, seed in (("setting", "0"), ("beyond", "1")):
        found = {"vae": {seed: Measurement.over_images({"mse": np.arange(40.0)})}}
        content = records.to_json("league", found, replicates=records.replicates(found), data=["a"])
        (tmp_path / f"{kind}.json").write_bytes(content)
        monkeypatch.setattr(paths, kind, lambda _, kind=kind: tmp_path / f"{kind}.json")
    with pytest.raises(DataError, match=r"setting\.json and .*beyond\.json have different seeds; run `make survey`"):
        settings.gather()


def test_gathering_needs_all_settings(root: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The error names the missing file and the command that creates it."""
    monkeypatch.setattr(paths, "setting", lambda name: tmp_path / name)
    with pytest.raises(DataError, match=r"ae_base: no such file; `make survey` creates it"):
        settings.gather()


def test_the_committed_survey_is_consistent(root: None) -> None:
    """The study reads the results of all settings. Committed code and parameters gave these results."""
    assert paths.survey().read_bytes() == canonical.to_json(settings.gather())
    lock = YAML(typ="safe").load(paths.survey_pipeline().with_suffix(".lock"))["stages"]
    study = YAML(typ="safe").load(paths.params())
    own = YAML(typ="safe").load(paths.survey_params())
    assert {name.partition("@")[2] for name in lock} == {*own["settings"], *own["league"]["settings"]}
    for name, stage in lock.items():
        code = {dep["path"]: dep["md5"] for dep in stage["deps"] if not dep["path"].startswith("data/")}
        assert code == {path: digests.digest(Path(path)) for path in code}, name
        (out,) = stage["outs"]
        assert out["path"].startswith("data/survey/") or out["md5"] == digests.digest(Path(out["path"])), name
        for values, ran_with in (
            (study, stage["params"][str(paths.params())]),
            (own, stage["params"][str(paths.survey_params())]),
        ):
            assert {key: at(values, key) for key in ran_with} == json.loads(json.dumps(ran_with)), name
