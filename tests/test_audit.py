"""The audit of other choices: its variants, its gathering, and what is committed of it."""

import json
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from latente import cli, files, paths, serial, trial, variants
from latente.analyses import audit
from latente.data.splits import Splits
from latente.errors import DataError, ParamsError
from latente.judge import Classifier
from tests.support import ROOT


@pytest.fixture
def root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def test_every_variant_is_a_valid_study(root: None) -> None:
    """Each change is of a key that is there, to a value that is allowed, and each is another."""
    found = variants.load()
    sets = [(each.model, each.set) for each in found.variants.values()]
    assert len(set(sets)) == len(sets) >= 15
    for each in found.variants.values():
        assert variants.changed([*found.base.set, *each.set]).train.epochs <= 20
    assert variants.changed(["models.vae.beta=0.1", "models.vae.noise=false"]).models["vae"] == {
        "beta": 0.1,
        "noise": False,
    }


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("train.epoch=3", "train.epoch: unknown key; did you mean 'epochs'?"),
        ("trains.epochs=3", "no trains.epochs in params.yaml"),
        ("train.epochs=x", "train.epochs: input should be a valid integer; found 'x'"),
    ],
)
def test_a_change_of_nothing_is_refused(root: None, change: str, expected: str) -> None:
    """With what is wrong."""
    with pytest.raises(ParamsError, match=expected.replace("?", r"\?")):
        variants.changed([change])


def test_an_unknown_variant_is_told(root: None) -> None:
    """With those there are."""
    with pytest.raises(ParamsError, match="no variant 'x'; known: ae_base, "):
        variants.load().of("x")


def test_the_way_from_ae_to_vae_is_told_by_the_changes() -> None:
    """Noise and weight alone; other changes are no step of it."""
    given: dict[str, dict[str, Any]] = {
        "v": {"model": "vae", "set": []},
        "a": {"model": "ae", "set": []},
        "n": {"model": "vae", "set": ["models.vae.beta=0.3"]},
        "s": {"model": "vae", "set": ["models.vae.beta=0.3", "models.vae.noise=false"]},
        "e": {"model": "vae", "set": ["train.epochs=3"]},
    }
    assert audit.path(given) == {"with noise": {0.3: "n", 1.0: "v"}, "without noise": {0.0: "a", 0.3: "s"}}


def test_without_noise_and_rate_a_vae_is_the_ae(root: None, images: Splits) -> None:
    """The same losses and codes to the digit, from the same seed: the way from one to the other begins at the AE."""
    base = variants.load().base.model_copy(update={"seeds": (0,), "samples": 50})
    found = [
        trial.run(
            variants.changed(["train.epochs=2", "train.hidden=[32, 16]", *changes]),
            model,
            base,
            images,
            Classifier().eval(),
        )[0]["0"]
        for model, changes in (
            ("ae", []),
            ("vae", ["models.vae.beta=0", "models.vae.noise=false"]),
            ("vae", ["models.vae.beta=0"]),
        )
    ]
    for metric in ("mse", "silhouette", "knn_accuracy", "prior_accepted"):
        assert found[0][metric] == found[1][metric]
    assert found[0]["mse"] != found[2]["mse"]
    assert {"rate"} == set(found[1]) - set(found[0])


def test_the_command_gathers_what_is_committed(root: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Every variant, what it is and what was measured of it."""
    monkeypatch.setattr(paths, "robustness", lambda: tmp_path / "robustness.json")
    cli.main(["robustness"])
    written = json.loads((tmp_path / "robustness.json").read_bytes())
    assert set(written["results"]) == set(written["audit"]["variants"]) == set(variants.load().variants)


def test_gathering_needs_all_variants(root: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A missing one is named, with what to do."""
    monkeypatch.setattr(paths, "variant", lambda name: tmp_path / name)
    with pytest.raises(DataError, match=r"ae_base: no such file; `make robustness` makes it"):
        variants.gather()


def test_the_committed_audit_belongs_together(root: None) -> None:
    """What the study reads is what the variants found; they ran with the code and the parameters that are here."""
    assert paths.robustness().read_bytes() == serial.to_json(variants.gather())
    lock = YAML(typ="safe").load(Path("robustness/dvc.lock"))["stages"]
    study = YAML(typ="safe").load(paths.params())
    own = YAML(typ="safe").load(paths.variants())
    assert {name.partition("@")[2] for name in lock} == set(own["variants"])
    for name, stage in lock.items():
        code = {dep["path"]: dep["md5"] for dep in stage["deps"] if not dep["path"].startswith("data/")}
        assert code == {path: _digest(Path(path)) for path in code}, name
        assert stage["outs"][0]["md5"] == files.digest(Path(stage["outs"][0]["path"]))
        for values, ran_with in (
            (study, stage["params"]["params.yaml"]),
            (own, stage["params"][str(paths.variants())]),
        ):
            assert {key: _at(values, key) for key in ran_with} == json.loads(json.dumps(ran_with)), name


def _digest(path: Path) -> str:
    if path.is_file():
        return files.digest(path)
    return files.listing({file.relative_to(path).as_posix(): files.digest(file) for file in path.glob("*.py")})


def _at(values: Any, key: str) -> Any:
    for part in key.split("."):
        values = values[part]
    return values
