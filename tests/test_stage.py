"""A stage as a command: its options, its files, its exit status, and its MLflow run."""

import json
import os
import signal
import stat
import subprocess
import time
from pathlib import Path

import pytest
from mlflow import MlflowClient
from mlflow.entities import Run

from latente.errors import LatenteError
from latente.project import declared, digests, files, params, paths
from latente.project.params import Params
from latente.results import records
from latente.results.measurement import Measurement
from latente.results.result import Result
from latente.stages.stage import Context, stage
from latente.tracking import background, store
from latente.tracking import runs as stored
from tests.support import make, status


def runs(root: Path) -> list[Run]:
    """All runs of the stages in the store; the oldest comes first."""
    client = MlflowClient(f"sqlite:///{root / 'mlflow.db'}")
    experiment = client.get_experiment_by_name(stored.STAGES)
    assert experiment is not None
    return sorted(client.search_runs([experiment.experiment_id]), key=lambda run: run.info.start_time)


def test_a_run_is_tracked_with_what_it_read_and_wrote(root: Path) -> None:
    """The run has the parameters that dvc.yaml declares, metrics, digests, the commit, and files of reports/."""
    paths.study().parent.mkdir()
    paths.study().write_text('{"models": ["ae"], "seeds": [0]}')

    def work(context: Context) -> None:
        context.read(paths.study())
        context.metrics({"answer": 42.0})
        context.write(paths.metrics("judge"), b"{}\n")

    assert status(make("judge", work)) == 0
    (run,) = runs(root)
    assert run.info.status == "FINISHED"
    assert run.data.params["judge.epochs"] == str(params.load().judge.epochs)
    assert set(run.data.params) == set(declared.parameters("judge", {}))
    assert "train.epochs" not in run.data.params
    assert run.data.metrics["answer"] == 42
    tags = run.data.tags
    assert tags["read.data/study.json"] == digests.digest(paths.study())
    assert tags["wrote.reports/metrics/judge.json"] == digests.digest(paths.metrics("judge"))
    assert {"stage", "commit", "dirty"} <= set(tags)
    artifacts = MlflowClient(store.uri()).list_artifacts(run.info.run_id, "metrics")
    assert [artifact.path for artifact in artifacts] == ["metrics/judge.json"]


def test_a_user_error_is_one_line_and_fails_the_run(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An error that the user can fix gives exit status 1, no traceback, and a failed run with the error."""
    assert status(make("judge", lambda context: context.read(Path("data/none")) and None)) == 1
    assert capsys.readouterr().err == "judge: data/none: no such file; `dvc repro` creates it\n"
    (run,) = runs(root)
    assert run.info.status == "FAILED"
    assert "data/none" in run.data.tags["error"]


def test_a_fault_keeps_its_traceback_and_fails_the_run(root: Path) -> None:
    """An unexpected error is not hidden."""

    def work(context: Context) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        make("judge", work)([])
    assert runs(root)[0].info.status == "FAILED"


def test_an_interrupt_kills_the_run(root: Path) -> None:
    """Ctrl-C ends the stage with status 130, and its run is KILLED."""

    def work(context: Context) -> None:
        raise KeyboardInterrupt

    assert status(make("judge", work)) == 130
    assert runs(root)[0].info.status == "KILLED"


def test_a_plain_kill_ends_as_an_interrupt_does(root: Path) -> None:
    """A scheduler sends SIGTERM; the stage ends as after Ctrl-C."""
    assert status(make("judge", lambda context: os.kill(os.getpid(), signal.SIGTERM))) == 130
    assert runs(root)[0].info.status == "KILLED"


def test_a_killed_stage_waits_for_the_creation_of_a_new_store(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine, it takes longer than the silence after which an interrupted stage stops waiting."""

    def slow(*_: object) -> MlflowClient:
        time.sleep(1)
        return MlflowClient()

    monkeypatch.setattr(background, "_INTERRUPTED_S", 0.5)
    monkeypatch.setattr(store, "MlflowClient", slow)
    assert status(make("judge", lambda context: os.kill(os.getpid(), signal.SIGTERM))) == 130
    assert runs(root)[0].info.status == "KILLED"


def test_an_action_on_success_runs_only_if_the_stage_succeeded(root: Path) -> None:
    """The action runs after the body; it does not run if the body fails."""
    done: list[int] = []

    def work(context: Context) -> None:
        context.on_success(lambda: done.append(1))
        assert not done

    assert status(make("judge", work)) == 0
    assert done == [1]
    failing = make("judge", lambda context: (context.on_success(lambda: done.append(2)), context.read(Path("none"))))
    assert status(failing) == 1
    assert done == [1]


def test_invalid_parameters_exit_with_two(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With invalid parameters, the body does not run, and no run is tracked."""
    (root / "params.yaml").write_text("study: 1\n")
    assert status(make("judge", lambda context: None)) == 2
    assert "params.yaml:1: study:" in capsys.readouterr().err
    assert not (root / "mlflow.db").exists()


def test_the_help_is_the_docstring(capsys: pytest.CaptureFixture[str]) -> None:
    """The items of the matrix are required options with types."""

    def body(context: Context, params: Params, *, model: str, seed: int) -> None:
        """Say what the stage does."""

    assert status(stage(body), "--help") == 0
    assert "Say what the stage does." in capsys.readouterr().out
    assert status(stage(body), "--model", "ae") == 2
    assert status(stage(body), "--model", "ae", "--seed", "x") == 2


def test_epochs_are_live_in_the_store_and_plain_in_a_log(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The store has the curve while the stage still runs, and the log has one line for each epoch."""

    def work(context: Context) -> None:
        context.epoch(1, {"train_loss": 2.0}, of=2)
        assert context._run._open.wait(60)  # another thread writes the run
        for _ in range(300):
            if runs(root)[0].data.metrics:
                break
            time.sleep(0.1)
        (open_run,) = runs(root)
        assert (open_run.info.status, open_run.data.metrics["train_loss"]) == ("RUNNING", 2)
        context.epoch(2, {"train_loss": 1.0}, of=2)

    assert status(make("judge", work)) == 0
    history = MlflowClient(store.uri()).get_metric_history(runs(root)[0].info.run_id, "train_loss")
    assert [(point.step, point.value) for point in history] == [(1, 2.0), (2, 1.0)]
    assert "epoch 2/2  train_loss 1.00" in capsys.readouterr().out.splitlines()


def test_a_result_becomes_files_and_child_runs(root: Path) -> None:
    """Each subject and seed is a child run, which a filter finds by model and seed."""
    metrics = {"0": {"silhouette": 0.5, "gaussian.fid": 3.0}, "1": {"silhouette": 0.25, "gaussian.fid": 4.0}}
    measurements = {"ae": {seed: Measurement(values) for seed, values in metrics.items()}}
    assert status(make("separation", lambda context: context.result(Result(measurements)))) == 0
    written = json.loads(paths.metrics("separation").read_bytes())
    assert written["separation"] == {"ae": {"silhouette": 0.375}}
    assert {"subject": "ae", "seed": "1", "metric": "gaussian.fid", "value": 4.0} in written["records"]
    assert records.read("separation", written)["separation.ae.silhouette"] == {"0": 0.5, "1": 0.25}
    client = MlflowClient(store.uri())
    experiment = client.get_experiment_by_name(stored.STAGES)
    (child,) = client.search_runs([experiment.experiment_id], "tags.model = 'ae' and tags.seed = '1'")
    assert child.data.metrics == {"silhouette": 0.25, "gaussian.fid": 4.0}
    assert {"commit", "dirty"} <= set(child.data.tags)
    assert child.data.tags["mlflow.parentRunId"] in {run.info.run_id for run in runs(root)}


def test_a_score_that_is_not_finite_is_refused() -> None:
    """A metrics file never contains NaN; the error names metric, model and seed. One seed has no spread."""
    with pytest.raises(LatenteError, match="silhouette of vae is not finite for seed 2"):
        records.to_json("separation", {"vae": {"2": Measurement({"silhouette": float("nan")})}})
    assert records.deviation({"2": 1.0}) is None


def test_an_output_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the rename fails, the old content remains, and no partial file is left."""
    file = tmp_path / "out"
    files.write(file, b"old")

    def fail(self: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(LatenteError, match=r"out: cannot be written \(No space left on device\)"):
        files.write(file, b"new")
    assert file.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [file]


def test_an_interrupt_while_writing_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C during a write leaves no partial file."""

    def interrupt(descriptor: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        files.write(tmp_path / "out", b"new")
    assert list(tmp_path.iterdir()) == []


def test_what_a_kill_left_is_no_part_of_a_folder_and_goes_with_the_next_write(tmp_path: Path) -> None:
    """A temporary file of an ended process is deleted; one of a running process remains."""
    with subprocess.Popen(["true"]) as ended:
        pass
    dead, live = (tmp_path / f".out.{number}.tmp" for number in (ended.pid, os.getppid()))
    files.write(tmp_path / "out", b"old")
    before = digests.digest(tmp_path)
    for left in (dead, live):
        left.write_bytes(b"half")
    assert digests.digest(tmp_path) == before
    files.write(tmp_path / "out", b"old")
    assert not dead.exists()
    assert live.exists()


def test_the_order_of_a_write_survives_a_loss_of_power(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The content is on the disk before the rename, and the rename is on the disk before the function returns."""
    done: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def flushed(descriptor: int) -> None:
        done.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "content")
        fsync(descriptor)

    def renamed(self: Path, target: Path) -> Path:
        done.append("rename")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", flushed)
    monkeypatch.setattr(Path, "replace", renamed)
    files.write(tmp_path / "out", b"new")
    assert done == ["content", "rename", "folder"]
