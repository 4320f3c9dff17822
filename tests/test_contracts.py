"""The promises of the design: dvc.yaml declares exactly what each stage imports and reads."""

import re

import pytest

from latente import declared, params
from tests import contracts
from tests.support import ROOT

STAGES = contracts.stages(ROOT)
AUDIT = "variant"
every_stage = pytest.mark.parametrize("stage", STAGES)
of_the_study = pytest.mark.parametrize("stage", [stage for stage in STAGES if stage != AUDIT])


def test_every_stage_has_one_short_entrypoint() -> None:
    """Files of pipeline/ and stages of dvc.yaml are the same; none is longer than a screen."""
    files = {file.stem: file for file in (ROOT / "pipeline").glob("[a-z]*.py")}
    assert set(files) == set(STAGES)
    assert [name for name, file in files.items() if len(file.read_text().splitlines()) >= 40] == []


@every_stage
def test_a_stage_declares_the_code_it_imports(stage: str) -> None:
    """Neither more nor less, and the environment lock."""
    declared_code = {name for name in STAGES[stage]["deps"] if not name.startswith(("data/", "reports/"))}
    assert declared_code == contracts.code(ROOT, stage) | {"requirements.lock"}


@of_the_study
def test_a_stage_declares_the_parameters_it_reads(stage: str) -> None:
    """Neither more nor less."""
    assert set(STAGES[stage].get("params", [])) == contracts.parameters(ROOT, stage)


def test_the_audit_declares_the_parameters_it_reads() -> None:
    """Those that `trial` reads of the changed study, and in the audit's own file what all variants share and its own."""
    *study, own = STAGES[AUDIT]["params"]
    source = (ROOT / "src/latente/trial.py").read_text() + (ROOT / f"pipeline/{AUDIT}.py").read_text()
    read = set(re.findall(r"(?:study|params)\.((?:study\.|encode\.|compute\.)\w+|split|train|model(?=\())", source))
    assert set(study) == {{"model": "models"}.get(key, key) for key in read}
    assert own == {"robustness/params.yaml": ["base", "variants.${key}"]}


@of_the_study
def test_a_stage_is_started_by_its_own_command(stage: str) -> None:
    """As `python -m pipeline.STAGE`, the items of the matrix as options."""
    items = "".join(f" --{item} ${{item.{item}}}" for item in STAGES[stage].get("matrix", {}))
    assert STAGES[stage]["cmd"] == f"python -m pipeline.{stage}{items}"


def test_the_plumbing_exists() -> None:
    """No name in the list is a leftover."""
    for module in declared.PLUMBING:
        assert (ROOT / "src" / (module.replace(".", "/") + ".py")).exists()


def test_declared_parameters_come_with_values_and_items() -> None:
    """What a run logs: leaves, with the item of the matrix filled in."""
    found = declared.parameters("train", {"model": "vae"})
    study = params.load()
    assert found["models.vae.beta"] == study.models["vae"]["beta"]
    assert found["study.latent_dim"] == study.study.latent_dim
    assert found["train.hidden"] == list(study.train.hidden)
    assert not any(name.startswith(("models.ae", "study.seeds", "judge")) for name in found)
