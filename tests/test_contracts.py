"""Rules of the design: above all, dvc.yaml declares exactly what each stage imports and reads."""

import ast
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from latente.project import declared, digests, params
from latente.stages import versions, why
from tests import contracts
from tests.support import ROOT

LOCKS = ("requirements.lock", "requirements-dev.lock")
STAGES = contracts.stages()
SURVEY = {
    "setting_train": "training",
    "setting": "measurement",
    "variant_train": "training",
    "variant": "league",
    "variant_beyond": "beyond",
}
"""Stage of the survey -> module that does its work."""
every_stage = pytest.mark.parametrize("stage", STAGES)
of_the_study = pytest.mark.parametrize("stage", [stage for stage in STAGES if stage not in SURVEY])


def code(stage: str) -> set[str]:
    """The files and folders of code that a stage declares."""
    others = ("data/", "reports/", "claims.yaml", "${data.own}")
    return {name for name in STAGES[stage]["deps"] if not name.startswith(others)}


def covers(path: str, file: str) -> bool:
    return Path(file).is_relative_to(path)


@every_stage
def test_the_run_cache_can_restore_a_stage(stage: str) -> None:
    """DVC's run cache leaves out a stage that has a plain output without cache; metrics and plots do not count."""
    plain = [options for out in STAGES[stage].get("outs", []) if isinstance(out, dict) for options in out.values()]
    assert any(options.get("cache") is False for options in plain) == (stage in ("study", "report"))


def test_every_stage_has_one_short_entrypoint() -> None:
    """Each stage of dvc.yaml has one file in pipeline/, with fewer than 40 lines."""
    files = {file.stem: file for file in (ROOT / "pipeline").glob("[a-z]*.py")}
    assert set(files) == {contracts.entrypoint(stage) for stage in STAGES}
    assert [name for name, file in files.items() if len(file.read_text().splitlines()) >= 40] == []


@every_stage
def test_a_stage_declares_the_code_it_imports(stage: str) -> None:
    """Declared paths cover every imported file, and each declared path covers at least one imported file."""
    imported = contracts.code(stage)
    assert {file for file in imported if not any(covers(path, file) for path in code(stage))} == set()
    assert {path for path in code(stage) if not any(covers(path, file) for file in imported)} == set()


@pytest.mark.slow
@every_stage
def test_a_stage_declares_the_packages_it_imports(stage: str) -> None:
    """The declared packages are exactly the imported ones; names are those of the lock file."""
    assert set(declared.by_file(STAGES[stage]["params"]).get("versions.yaml", [])) == contracts.packages(stage)


@every_stage
def test_a_folder_with_many_members_is_declared_file_by_file(stage: str) -> None:
    """A new measure or analysis reruns no stage that does not use it; a new variant reruns no training."""
    folders = {"src/latente/measures", "src/latente/analyses"}
    folders |= {contracts.VARIANTS} if "matrix" in STAGES[stage] else set()
    assert [path for path in code(stage) for folder in folders if covers(path, folder)] == []


def test_a_package_holds_no_code_of_its_own() -> None:
    """An `__init__.py` has only a docstring, because the import graph does not include it."""
    plumbing = {ROOT / "src" / name.replace(".", "/") for name in declared.PLUMBING}
    packages = [file for file in (ROOT / "src/latente").rglob("__init__.py") if not plumbing & {*file.parents}]
    assert [file for file in packages if len(ast.parse(file.read_text()).body) != 1] == []


@pytest.mark.parametrize("stage", ["train", "encode", "setting_train", "variant_train", "setting"])
def test_what_is_costly_depends_on_no_figure(stage: str) -> None:
    """A change of figure code retrains no model."""
    assert not any(covers(path, "src/latente/results/figures.py") for path in code(stage))


@of_the_study
def test_a_stage_declares_the_parameters_it_reads(stage: str) -> None:
    """The declared parameters are exactly those that the body reads."""
    assert set(declared.by_file(STAGES[stage]["params"]).get("params.yaml", [])) == contracts.parameters(stage)


@pytest.mark.parametrize("stage", SURVEY)
def test_a_setting_declares_the_parameters_it_reads(stage: str) -> None:
    """A stage of the survey declares the parameters that its code reads, `base` or parts of it, and its own setting."""
    keys = declared.by_file(STAGES[stage]["params"])
    files = (f"src/latente/survey/{SURVEY[stage]}.py", f"pipeline/{contracts.entrypoint(stage)}.py")
    source = "".join((ROOT / file).read_text() for file in files)
    sections = r"(?:params|changed|study\(name\))\.((?:study|encode|compute)\.\w+|split|network|train\b|model(?=\())"
    read = {{"model": "models.${item.model}"}.get(key, key) for key in re.findall(sections, source)}
    assert set(keys["params.yaml"]) == read | {f"analyses.{name}" for name in re.findall(r'analysis\("(\w+)"', source)}
    of_base = {"base.set", *re.findall(r"(?:survey|group)\.(base(?:\.\w+)?)", source)}  # of every study of a setting
    whole = {key for key in of_base if not any(key.startswith(f"{other}.") for other in of_base)}
    group = "league." if stage.startswith("variant") else ""
    assert set(keys["survey/params.yaml"]) == {group + key for key in (*whole, "settings.${key}")}


@of_the_study
def test_a_stage_is_started_by_its_own_command(stage: str) -> None:
    """The command is `python -m pipeline.STAGE`; the items of the matrix are options."""
    items = "".join(f" --{item} ${{item.{item}}}" for item in STAGES[stage].get("matrix", {}))
    assert STAGES[stage]["cmd"] == f"python -m pipeline.{stage}{items}"


def test_the_plumbing_exists() -> None:
    """Every name in the list `PLUMBING` is an existing package or module."""
    for module in declared.PLUMBING:
        base = ROOT / "src" / module.replace(".", "/")
        assert base.is_dir() or base.with_suffix(".py").exists()


def test_every_measure_has_a_test_with_a_known_answer() -> None:
    """Each file and each folder of src/latente/measures has a test file in tests/measures."""
    folder = ROOT / "src/latente/measures"
    measures = {path.stem for path in folder.glob("[a-z]*") if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert {file.stem.removeprefix("test_") for file in (ROOT / "tests/measures").glob("test_*.py")} == measures


def test_the_code_map_names_every_room() -> None:
    """ARCHITECTURE.md lists exactly the folders and files of src/latente."""
    source = ROOT / "src/latente"
    rooms = {f"src/latente/{item.name}/" for item in source.iterdir() if (item / "__init__.py").exists()}
    rooms |= {f"src/latente/{item.name}" for item in source.glob("[a-z]*.py")}
    assert set(re.findall(r"^\| `(src/latente/\S+)`", (ROOT / "ARCHITECTURE.md").read_text(), re.MULTILINE)) == rooms


def test_both_locks_agree_and_versions_yaml_is_made_from_them() -> None:
    """The development lock adds packages and changes no version. versions.yaml matches the lock."""
    users, developers = (versions.parse((ROOT / name).read_text()) for name in LOCKS)
    assert {name: developers[name].pins for name in users} == {name: package.pins for name, package in users.items()}
    assert set(developers) - set(users) >= {"pytest", "ruff", "mypy"}
    assert versions.to_yaml((ROOT / LOCKS[0]).read_text()) == (ROOT / "versions.yaml").read_bytes()


def test_leftovers_are_no_part_of_a_folder(tmp_path: Path) -> None:
    """DVC and our own digest ignore leftovers such as caches of Python and editors."""
    assert (ROOT / ".dvcignore").read_text().split() == [*digests.LEFTOVERS, "*.egg-info", ".venv"]
    folder = tmp_path / "code"
    folder.mkdir()
    (folder / "idx.py").write_text("x = 1\n")
    clean = digests.digest(folder)
    (folder / "__pycache__").mkdir()
    for name in ("__pycache__/idx.cpython-311.pyc", "idx.py~", ".idx.py.swp", ".idx.py.7.tmp", ".#idx.py"):
        (folder / name).write_text("leftover")
    assert digests.digest(folder) == clean
    shutil.copy(ROOT / ".dvcignore", tmp_path)
    subprocess.run([*why.DVC, "init", "--no-scm", "--quiet"], cwd=tmp_path, check=True)
    (tmp_path / "dvc.yaml").write_text("stages: {look: {cmd: 'true', deps: [code]}}\n")
    subprocess.run([*why.DVC, "repro", "--quiet"], cwd=tmp_path, check=True)
    assert f"md5: {clean}" in (tmp_path / "dvc.lock").read_text()


def test_declared_parameters_come_with_values_and_items() -> None:
    """A run logs single parameters, with the values of its matrix item."""
    found = declared.parameters("train", {"model": "vae"})
    study = params.load()
    assert found["models.vae.beta"] == study.models["vae"]["beta"]
    assert found["study.latent_dim"] == study.study.latent_dim
    assert found["network.hidden"] == list(study.network.hidden)
    assert not any(name.startswith(("models.ae", "study.seeds", "judge")) for name in found)


def test_a_setting_of_the_survey_tracks_the_parameters_of_its_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """DVC fills in the model of the setting, and so does the tracked run."""
    monkeypatch.chdir(ROOT)
    for stage, name, own in (("setting_train", "vae_beta_4", "vae"), ("setting_train", "wae", "wae")):
        found = declared.parameters(stage, {"name": name})
        assert {key.split(".")[1] for key in found if key.startswith("models.")} == {own}
