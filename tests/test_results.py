"""The table of results: one row for each trained model of each pipeline state, even if DVC skipped stages."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import product
from pathlib import Path

import pandas as pd
import pytest
from mlflow import MlflowClient
from mlflow.entities import Run
from ruamel.yaml import YAML

from latente.errors import LatenteError
from latente.project import paths
from latente.results import records
from latente.study import rows, state
from latente.study.tree import Folder
from latente.tracking import background, parents, registry, results, runs
from tests.support import ROOT, Project, client, table

TRAININGS = [f"{model}-{seed}" for model, seed in product(("ae", "vae"), (0, 1))]


def lock(project: Project) -> dict:
    return YAML(typ="safe").load(project.folder / "dvc.lock")["stages"]


@pytest.fixture(scope="module")
def published(store: MlflowClient) -> dict[str, Run]:
    """`MODEL-SEED` -> the row that the stage `report` published."""
    return {f"{run.data.tags['model']}-{run.data.tags['seed']}": run for run in table(store)}


# The content of a row


def test_a_study_has_a_row_for_every_model_and_seed(store: MlflowClient, published: dict[str, Run]) -> None:
    """A study is a finished parent run; each training is a finished child run."""
    (study,) = table(store, "study")
    assert sorted(published) == TRAININGS
    assert {run.data.tags["mlflow.parentRunId"] for run in published.values()} == {study.info.run_id}
    assert {run.info.status for run in (study, *published.values())} == {"FINISHED"}


def test_a_row_holds_every_parameter_that_shaped_it(project: Project, published: dict[str, Run]) -> None:
    """A row has all parameters of its stages, but none of another model, and none of `fetch`."""
    values = YAML(typ="safe").load(project.params)
    params = published["vae-1"].data.params
    assert params["train.epochs"] == str(values["train"]["epochs"])
    assert params["models.vae.beta"] == str(values["models"]["vae"]["beta"])
    assert params["study.latent_dim"] == str(values["study"]["latent_dim"])
    assert (params["model"], params["seed"]) == ("vae", "1")
    assert {f"analyses.separation.{name}" for name in values["analyses"]["separation"]} <= set(params)
    assert not any(name.startswith(("fetch", "study.models", "study.seeds", "models.ae")) for name in params)
    assert {name for name in published["ae-0"].data.params if name.startswith("models.")} == {"models.ae.weight_decay"}


def test_a_row_holds_every_metric_of_every_analysis(project: Project, published: dict[str, Run]) -> None:
    """The values are those of the metrics files for this model and seed."""
    metrics = published["vae-1"].data.metrics
    analyses = {file.stem for file in (project.folder / "reports/metrics").glob("*.json")} - {"claims"}
    for analysis in analyses:
        for name, seeds in project.measured(analysis).items():
            if name.startswith(f"{analysis}.vae.") and "1" in seeds:
                assert metrics[name.replace(".vae.", ".", 1)] == seeds["1"]
    curve = pd.read_csv(project.folder / "data/curves/vae-1.csv")
    best = curve.loc[curve.validation_loss.idxmin()]
    assert metrics["train.best_epoch"] == best.epoch
    assert metrics["train.best_validation_loss"] == best.validation_loss
    elbo = -(best.validation_distortion + best.validation_rate)
    assert metrics["train.validation_elbo"] == pytest.approx(elbo)
    assert "train.validation_elbo" not in published["ae-1"].data.metrics
    assert {"separation.silhouette", "reconstruction.mse", "prior.gaussian.fid"} <= set(metrics)


def test_a_row_names_its_origin(project: Project, store: MlflowClient, published: dict[str, Run]) -> None:
    """A row has the commit, the digests of dvc.lock, and the ids of the stage runs that wrote the files."""
    row = published["vae-0"]
    tags, entries = row.data.tags, lock(project)
    (weights,) = [out["md5"] for out in entries["train@vae-0"]["outs"] if out["path"].endswith("safetensors")]
    assert tags["weights"] == weights
    assert tags["latents"] == entries["encode@vae-0"]["outs"][0]["md5"]
    assert tags["data"] == entries["fetch"]["outs"][0]["md5"]
    assert tags["commit"] == project.run("git", "rev-list", "--max-parents=0", "HEAD").stdout.strip()
    assert tags["dirty"] == "false"
    for stage in ("train", "encode", "judge", "separation", "prior"):
        made_by = store.get_run(tags[f"run.{stage}"])
        assert store.get_experiment(made_by.info.experiment_id).name == runs.STAGES
        assert made_by.data.tags["stage"] == stage
    assert store.get_run(tags["run.train"]).data.tags["model"] == "vae"
    (data,) = row.inputs.dataset_inputs
    assert (data.dataset.name, data.dataset.digest) == ("mnist", tags["data"])


def test_a_study_has_means_intervals_figures_and_the_report(project: Project, store: MlflowClient) -> None:
    """A study has aggregates for models and baselines, and pages, figures and metrics as artifacts."""
    (study,) = table(store, "study")
    measured, metrics = project.measured("separation"), study.data.metrics
    seeds = measured["separation.vae.silhouette"]
    assert metrics["separation.vae.silhouette.mean"] == records.mean(seeds)
    assert metrics["separation.vae.silhouette.sd"] == records.deviation(seeds)
    assert metrics["separation.vae.silhouette.low"] < min(seeds.values())
    assert metrics["separation.vae.silhouette.high"] > max(seeds.values())
    assert metrics["separation.pixels.silhouette.mean"] == measured["separation.pixels.silhouette"]["data"]
    assert "geometry.ae-vae.cka.mean" in metrics
    assert "geometry.ae-ae.cka.low" not in metrics  # pairs of seeds are not independent
    stored = [item.path for item in store.list_artifacts(study.info.run_id, "reports")]
    assert set(stored) == {
        f"reports/{name}" for name in ("report.html", "informe.html", "explore.html", "figures", "metrics")
    }


# Publishing


def publish(project: Project, store: Path, *options: str) -> str:
    """Publish into a store, and return the output of the command."""
    uri = f"sqlite:///{store}"
    return project.run("latente", "publish", *options, MLFLOW_TRACKING_URI=uri).stdout


def content(found: Iterable[Run]) -> set[tuple[str, str, object]]:
    """The items (key, name, value) of rows, without the items that depend on the time or place of writing."""
    own = {"commit", "mlflow.source.git.commit", "mlflow.parentRunId", "mlflow.note.content", "mlflow.user", "process"}
    return {
        (run.data.tags["key"], name, value)
        for run in found
        for name, value in (*run.data.params.items(), *run.data.metrics.items(), *run.data.tags.items())
        if name not in own and not name.startswith("run.")
    }


def test_publishing_again_leaves_what_stands(project: Project) -> None:
    """The same key is written only once."""
    before = len(table(client(project.folder))), len(table(client(project.folder), "study"))
    assert "already published" in project.run("latente", "publish").stdout
    assert (len(table(client(project.folder))), len(table(client(project.folder), "study"))) == before


def test_rows_are_rebuilt_in_an_empty_store(committed: Project, published: dict[str, Run], tmp_path: Path) -> None:
    """The working folder and the commit give the same rows. In an empty store, rows have no links to stage runs."""
    assert ": published" in publish(committed, tmp_path / "folder.db")
    assert ": published" in publish(committed, tmp_path / "commit.db", "--rev", "HEAD")
    for name in ("folder.db", "commit.db"):
        found = table(client(tmp_path, name))
        assert content(found) ^ content(published.values()) == set()
        head = committed.run("git", "rev-parse", "HEAD").stdout.strip()
        assert {run.data.tags["commit"] for run in found} == {head}
        assert not any(tag.startswith("run.") for run in found for tag in run.data.tags)
        assert len(client(tmp_path, name).search_model_versions("name = 'latente-vae'")) == 2


def test_an_old_commit_is_published_beside_a_new_one(committed: Project) -> None:
    """Two states are two studies. After a branch switch, the key still identifies each study."""
    store = committed.folder / "mlflow.db"
    committed.run("git", "switch", "-q", "-c", "other")
    committed.set("analyses.separation.neighbours", 4)
    assert {*committed.repro()} - {"claims", "explore"} == {
        "separation",
        "report",
    }  # on few images, claims may not change
    committed.commit("other neighbours")
    committed.run("git", "switch", "-q", "main")
    committed.run("dvc", "checkout", "dvc.yaml")  # the survey has no outputs here
    assert "already published" in publish(committed, store, "--rev", "other")
    assert ": published" in publish(committed, store)
    assert "already published" in publish(committed, store, "--rev", "main")
    neighbours = {run.data.params["analyses.separation.neighbours"] for run in table(client(committed.folder))}
    assert neighbours == {"4", "10"}
    assert len(table(client(committed.folder))) == 2 * len(TRAININGS)
    weights = [run.data.tags["weights"] for run in table(client(committed.folder))]
    assert len(set(weights)) == len(TRAININGS)
    assert len(client(committed.folder).search_model_versions("name = 'latente-ae'")) == 2  # one for each weights file


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        ("params.yaml", "beta: 1.0", "beta: 3.0", "models.vae.beta is 3.0, but manifold ran with 1.0"),
        ("params.yaml", "  - 1\n", "  - 1\n  - 2\n", "study.seeds is [0, 1, 2], but study ran with [0, 1]"),
        (
            "src/latente/models/training/fit.py",
            '"""Fit',
            '"""Do fit',
            "src/latente/models changed after stage manifold ran",
        ),
        ("src/latente/measures/cka.py", '"""', '"""So ', "cka.py changed after stage geometry ran"),
        ("reports/metrics/separation.json", "0", "1", "separation.json changed after stage separation ran"),
        (
            "dvc.yaml",
            "-m pipeline.prior",
            "-u -m pipeline.prior",
            "the command or the parameters of stage prior changed",
        ),
        ("dvc.yaml", "encode.seed]", "encode]", "the command or the parameters of stage encode@ae-0 changed"),
    ],
)
def test_what_does_not_belong_together_is_not_published(
    project: Project, file: str, old: str, new: str, expected: str
) -> None:
    """The error is one line, and it names the stale part."""
    path = project.folder / file
    before = path.read_text()
    assert old in before
    path.write_text(before.replace(old, new, 1))
    done = project.run("latente", "publish", check=False)
    path.write_text(before)
    assert done.returncode == 1
    assert expected in done.stderr
    assert done.stderr.endswith("run `dvc repro`\n")
    assert done.stderr.count("\n") == 1


def test_a_study_is_the_same_with_any_explorer(committed: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Git does not have the page, and it has no numbers: without it, and with another one, the key stays."""
    monkeypatch.chdir(committed.folder)
    before, page = committed.params.read_text(), committed.folder / "reports/explore.html"
    key, content = rows.study(state.load(Folder())).key, page.read_bytes()
    page.unlink()
    committed.set("explore.images", 60)
    changed = state.load(Folder())
    committed.params.write_text(before)
    page.write_bytes(content)
    assert changed.reported
    assert rows.study(changed).key == key


def test_what_was_trained_but_not_encoded_is_not_published(committed: Project) -> None:
    """The inputs of a stage must be the newest outputs of earlier stages."""
    lock = committed.folder / "dvc.lock"
    before = lock.read_text()
    outs = YAML(typ="safe").load(lock)["stages"]["train@vae-0"]["outs"]
    (weights,) = [out["md5"] for out in outs if out["path"].startswith("data/weights")]
    start, stage, rest = before.partition("  train@vae-0:")
    lock.write_text(start + stage + rest.replace(weights, "0" * 32, 1))
    done = committed.run("latente", "publish", check=False)
    lock.write_text(before)
    assert done.returncode == 1
    assert "data/weights/vae-0.safetensors changed after stage encode@vae-0 ran" in done.stderr


def test_a_study_that_stands_gets_what_it_lacks(committed: Project, tmp_path: Path) -> None:
    """The first publication is from changed files without weights. The second adds weights and a clean commit."""
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    aside, stray = tmp_path / "weights", committed.folder / "stray"
    (committed.folder / "data/weights").rename(aside)
    stray.touch()
    committed.run("latente", "publish", MLFLOW_TRACKING_URI=uri)
    aside.rename(committed.folder / "data/weights")
    stray.unlink()
    store = MlflowClient(uri)
    assert {run.data.tags["dirty"] for run in (*table(store), *table(store, "study"))} == {"true"}
    assert store.search_registered_models() == []
    assert "already published" in committed.run("latente", "publish", MLFLOW_TRACKING_URI=uri).stdout
    assert {run.data.tags["dirty"] for run in (*table(store), *table(store, "study"))} == {"false"}
    assert all(run.outputs.model_outputs for run in table(store))
    assert len(store.search_model_versions("name = 'latente-vae'")) == 2


def test_the_committed_results_belong_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """In this repository, parameters, code, dvc.lock, metrics and report are consistent."""
    monkeypatch.chdir(ROOT)
    assert state.load(Folder()).reported


def test_an_unknown_revision_gives_one_line(project: Project) -> None:
    """An unknown revision gives one error line, and no traceback."""
    done = project.run("latente", "publish", "--rev", "nonsense", check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("'nonsense': no such commit, branch, tag or experiment")


def test_a_study_is_published_whole_or_not_at_all(
    committed: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """If the third row fails, the whole study is removed; the next attempt writes it."""
    monkeypatch.chdir(committed.folder)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'mlflow.db'}")
    write, written = results._write, []

    def fail(*arguments: object, **options: object) -> None:
        if len(written) == 2:
            raise OSError(28, "No space left on device")
        written.append(write(*arguments, **options))

    with monkeypatch.context() as patch:
        patch.setattr(results, "_write", fail)
        with pytest.raises(LatenteError, match="the tracking store at .* failed: .*No space"):
            results.publish(Folder())
    assert table(client(tmp_path)) == table(client(tmp_path), "study") == []
    assert results.publish(Folder())[1]
    assert len(table(client(tmp_path))) == len(TRAININGS)


def test_a_busy_machine_does_not_cut_a_publication_off(
    committed: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The stage waits longer than for a silent store while its own thread computes, for instance to save a model."""
    monkeypatch.chdir(committed.folder)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'mlflow.db'}")
    monkeypatch.setattr(background, "WAIT_S", 8.0)
    client(tmp_path).search_experiments()  # creates the tables, which is a long silence of the store
    load, save = state.load, registry._save

    def late(function: Callable[..., object]) -> Callable[..., object]:
        return lambda *arguments: (time.sleep(10.0), function(*arguments))[1]

    monkeypatch.setattr(state, "load", late(load))
    monkeypatch.setattr(registry, "_save", late(save))
    run = background.BackgroundRun("report", "report", {}, required=False)
    run.publish()
    run.close("FINISHED")
    for model in ("ae", "vae"):
        assert len(client(tmp_path).search_model_versions(f"name = 'latente-{model}'")) == 2
    assert {row.info.status for row in table(client(tmp_path))} == {"FINISHED"}


def test_two_at_once_leave_one_study(committed: Project, tmp_path: Path) -> None:
    """Both processes succeed, and the duplicate study is removed."""
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    MlflowClient(uri).search_experiments()  # creates the tables
    import_all = "import sys; sys.path.insert(0, 'src'); from latente import cli; cli.main(['publish'])"
    both = [
        subprocess.Popen(
            [sys.executable, "-c", import_all],
            cwd=committed.folder,
            env={"MLFLOW_TRACKING_URI": uri, "PATH": "/usr/bin:/bin"},
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    assert [process.communicate(timeout=200)[1] for process in both if process.wait()] == []
    assert len(table(client(tmp_path), "study")) == 1
    assert len(table(client(tmp_path))) == len(TRAININGS)


def test_a_study_that_another_process_replaces_is_no_error(
    committed: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The other process deletes this study after its parent run has ended, and before its rows have."""
    monkeypatch.chdir(committed.folder)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'mlflow.db'}")
    end, store, kept = runs.StoredRun.end, client(tmp_path), list[str]()

    def replaced(self: runs.StoredRun, status: str, **now: int) -> None:
        end(self, status, **now)
        if not kept and store.get_run(self.id).data.tags.get("kind") == "study":
            kept.append("the other process")
            parents.delete(store, store.get_run(self.id))
            kept.append(results.publish(Folder())[0])

    monkeypatch.setattr(runs.StoredRun, "end", replaced)
    assert results.publish(Folder())[0] == kept[1]
    assert [run.info.run_id for run in table(store, "study")] == [kept[1]]
    assert len(table(store)) == len(TRAININGS)


def test_a_version_that_a_person_registered_is_left_alone(
    committed: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A version of a person has no score. Publishing does not fail, and does not make it `best`."""
    monkeypatch.chdir(committed.folder)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'mlflow.db'}")
    store = client(tmp_path)
    store.create_registered_model("latente-vae")
    theirs = store.create_model_version("latente-vae", (tmp_path / "elsewhere").as_uri())
    results.publish(Folder())
    assert store.get_model_version_by_alias("latente-vae", "best").version != theirs.version
    assert len(store.search_model_versions("name = 'latente-vae'")) == 3


# Finding


def test_a_study_is_found_by_name_run_key_and_commit(
    project: Project, store: MlflowClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every name of a study finds the same rows; the name of a row finds this row."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{project.first_store}")
    (study,) = table(store, "study")
    tags = study.data.tags
    for name in (study.info.run_id[:8], study.info.run_name, tags["study.name"], tags["key"][:6], tags["commit"][:7]):
        title, row, found = results.find(name)
        assert (title, row) == (study.info.run_name, None)
        assert sorted(each.name for each in found) == TRAININGS
    assert results.find(f"vae-1 {tags['study.name']}")[1] == next(row for row in found if row.name == "vae-1")
    assert results.find("vae-1")[0] == f"vae-1 {tags['study.name']}"


@pytest.mark.parametrize("name", ["nonsense", "' or 1 = 1", ""])
def test_an_unknown_name_is_an_error(project: Project, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """The error says that nothing has this name; the filter of the store does not contain the name."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{project.folder / 'mlflow.db'}")
    with pytest.raises(LatenteError, match="no row or study"):
        results.find(name)


# The user interface


def test_the_views_name_columns_that_rows_have(store: MlflowClient, published: dict[str, Run]) -> None:
    """Every column and axis of a view names a known value; every view fits into a tag."""
    vae = published["vae-0"].data
    (study,) = table(store, "study")
    known = {"metrics": {**vae.metrics, **study.data.metrics}, "params": {**vae.params, **study.data.params}}
    known |= {"tags": {**vae.tags, **study.data.tags, "dvc.exp": ""}, "attributes": {"Models": "", "Dataset": ""}}
    kept = store.get_experiment_by_name(results.RESULTS).tags
    shown = {tag: json.loads(text) for tag, text in kept.items() if tag.startswith("mlflow.sharedViewState.")}
    assert {tag.rpartition(".")[2] for tag in shown} == {"rows", "models", "studies", "charts", "league"}
    for tag, view in shown.items():
        assert len(kept[tag]) < 5000
        for column in view["selectedColumns"]:
            kind, name = column.split(".", 1)
            assert name.strip("`") in known[kind], column
        for chart in view.get("compareRunCharts") or []:
            named = [chart.get(axis, {}).get("key") for axis in ("xaxis", "yaxis")] + [chart.get("metricKey")]
            assert {name for name in (*named, *chart.get("selectedMetrics", [])) if name} <= set(vae.metrics)
    assert all(
        f"viewStateShareKey={name}" in kept["mlflow.note.content"] for name in ("rows", "models", "studies", "league")
    )


def test_a_note_that_a_person_changed_stays(committed: Project, tmp_path: Path) -> None:
    """Publishing replaces the views, but not a note that a person changed."""
    store = f"{tmp_path / 'mlflow.db'}"
    uri = f"sqlite:///{store}"
    committed.run("latente", "publish", MLFLOW_TRACKING_URI=uri)
    mine = MlflowClient(uri)
    experiment = mine.get_experiment_by_name(results.RESULTS).experiment_id
    assert "A row is one trained model" in mine.get_experiment(experiment).tags["mlflow.note.content"]
    mine.set_experiment_tag(experiment, "mlflow.note.content", "mine")
    committed.run("latente", "publish", MLFLOW_TRACKING_URI=uri)
    assert mine.get_experiment(experiment).tags["mlflow.note.content"] == "mine"


# The key


def test_the_key_counts_results_and_nothing_else(committed: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new digest of weights, data or metrics changes the key; a new figure does not."""
    monkeypatch.chdir(committed.folder)
    found = state.load(Folder())
    key = rows.study(found).key

    def changed(path: Path) -> str:
        assert path.as_posix() in found.outputs
        return rows.study(replace(found, outputs={**found.outputs, path.as_posix(): "0" * 32})).key

    for path in (paths.weights("vae", 0), paths.raw(), paths.metrics("prior"), paths.latents("ae", 1)):
        assert changed(path) != key
    assert changed(Path("reports/figures/separation")) == key
