"""Interrupted work: kills, Ctrl-C, two starts, full disks. No result is lost, and no file is partial."""

import os
import random
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from mlflow.entities import Run

from latente.project import digests
from latente.tracking import runs as stored
from tests.soak import Soak, lock, stages, started, strike
from tests.support import Project, client, mounted, unmount


@pytest.fixture
def clone(committed: Project, tmp_path: Path) -> Project:
    """A clone with all outputs."""
    return committed.twin(tmp_path / "clone")


def anew(project: Project, tmp_path: Path) -> Project:
    """A clone with its own cache, in which no stage has run."""
    copy = Project(tmp_path / "anew")
    copy.folder.mkdir()
    copy.run("git", "clone", "-q", str(project.folder), ".")
    (copy.folder / "dvc.lock").unlink(missing_ok=True)
    return copy


def soundness(project: Project) -> list[Path]:
    """The objects of the DVC cache whose digest differs from their name."""
    objects = [file for file in (project.folder / ".dvc/cache/files/md5").glob("*/*") if file.is_file()]
    assert objects
    return [file for file in objects if digests.digest(file) != (file.parent.name + file.name).removesuffix(".dir")]


# Kills


def test_a_kill_in_every_stage_costs_nothing(committed: Project, tmp_path: Path) -> None:
    """A full run in which every stage and DVC are killed once gives the bytes of an undisturbed run.

    Half of the stages are killed when their first output exists. The other half are killed after a random time.
    """
    expected, copy, rng = lock(committed), anew(committed, tmp_path), random.Random(0)
    killed: dict[str, bool] = {}
    while True:
        process, hit = started(copy, "--no-run-cache"), ""
        assert process.stdout is not None
        for line in process.stdout:
            found = re.match(r"Running stage '((\w+)[^']*)'", line)
            if found and found[2] not in killed:
                hit = found[2]
                outputs = [copy.folder / out["path"] for out in expected[found[1]].get("outs", [])]
                until = time.monotonic() + rng.uniform(0.05, 0.4)
                while not (any(out.exists() for out in outputs) if len(killed) % 2 else time.monotonic() > until):
                    time.sleep(0.005)
                killed[hit] = bool(stages(copy, hit))
                strike(copy, process, "kill")
                break
        process.communicate()
        if not hit:
            break
    assert process.returncode == 0
    assert set(killed) == {name.partition("@")[0] for name in expected}
    assert sum(killed.values()) >= len(killed) - 2, killed  # a stage may end just before the kill
    assert lock(copy) == expected
    assert copy.stale() == set()
    assert soundness(copy) == []
    assert not [file for file in copy.folder.rglob("*.tmp") if ".dvc" not in file.parts]


EPOCHS = 40


def epochs(process: subprocess.Popen[str], last: int) -> list[str]:
    """The output lines of a training, up to an epoch."""
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if line.startswith(f"epoch {last}/"):
            break
    return lines


@pytest.mark.parametrize("model", ["ae", "vae"])  # test_checkpoint.py has every variant, without DVC
def test_a_killed_training_goes_on_from_its_checkpoint(clone: Project, model: str) -> None:
    """After a kill at a random epoch, weights, metrics and curve are those of an undisturbed training."""
    stage, at = f"train@{model}-0", random.Random(model).randint(2, EPOCHS - 2)
    outputs = [
        clone.folder / path.format(f"{model}-0") for path in ("data/weights/{}.safetensors", "data/curves/{}.csv")
    ]
    clone.set("train.epochs", EPOCHS)
    clone.run("dvc", "repro", "--no-run-cache", "--single-item", stage)
    whole = [file.read_bytes() for file in outputs]
    process = started(clone, "--no-run-cache", "--force", "--single-item", stage)
    epochs(process, at)
    strike(clone, process, "kill")
    process.communicate()
    assert (clone.folder / f"data/checkpoints/{model}-0").is_file()
    assert not outputs[0].exists()
    done = clone.run("dvc", "repro", "--no-run-cache", "--force", "--single-item", stage)
    numbers = re.findall(r"epoch (\d+)/\d+ .*(images_per_second)?", done.stdout)
    assert [int(number) for number, _ in numbers] == list(range(1, EPOCHS + 1))
    again = re.findall(r"epoch (\d+)/\d+ (?!.*images_per_second)", done.stdout)
    assert len(again) >= at  # these epochs come from the checkpoint; they are not trained again
    assert [file.read_bytes() for file in outputs] == whole
    assert not list((clone.folder / "data/checkpoints").iterdir())


def test_a_checkpoint_of_other_parameters_is_not_used(clone: Project) -> None:
    """A message says so; the training starts again, and writes the bytes of the new parameters."""
    weights = clone.folder / "data/weights/ae-0.safetensors"
    before = digests.digest(weights)
    clone.set("train.epochs", EPOCHS)
    process = started(clone, "--no-run-cache", "--single-item", "train@ae-0")
    epochs(process, 3)
    strike(clone, process, "kill")
    process.communicate()
    clone.set("train.epochs", 2)
    done = clone.run("dvc", "repro", "--no-run-cache", "--force", "--single-item", "train@ae-0")
    assert "data/checkpoints/ae-0: the checkpoint belongs to another training" in done.stderr
    assert digests.digest(weights) == before


def test_ctrl_c_ends_a_training_at_once_and_marks_its_run(clone: Project) -> None:
    """DVC and the stage get the signal, as from a terminal. The run is KILLED and keeps its curve."""
    clone.set("train.epochs", 10_000)
    client(clone.folder).search_experiments()  # creates the tables; two processes must not do this together
    process = started(clone, "--no-run-cache", "--single-item", "train@vae-0")
    epochs(process, 1)
    assert process.stdout is not None
    while (run := tracked(clone)) is None:
        assert process.stdout.readline(), "the training ended"
    assert run.info.status == "RUNNING"
    strike(clone, process, "interrupt")
    process.communicate(timeout=60)
    assert process.returncode != 0
    store = client(clone.folder)
    assert store.get_run(run.info.run_id).info.status == "KILLED"
    assert len(store.get_metric_history(run.info.run_id, "validation_loss")) >= 1


def tracked(project: Project) -> Run | None:
    """The run of the training, or None before the store has its first metric; another thread writes it."""
    store = client(project.folder)
    experiment = store.get_experiment_by_name(stored.STAGES)
    found = store.search_runs([experiment.experiment_id], "tags.stage = 'train'") if experiment else []
    return next((run for run in found if run.data.metrics), None)


def test_rounds_of_random_faults_end_with_the_bytes_of_a_clean_run(committed: Project, tmp_path: Path) -> None:
    """This is a short `make soak`."""
    copies = [committed.twin(tmp_path / name) for name in ("clean", "dirty")]
    soak = Soak(*copies, {"analyses.separation.neighbours": [10, 3], "claims.confidence": [0.95, 0.9]}, seed=1)
    for _ in range(4):
        soak.round()
    assert soak.faults.total() > 1


# Two at once


def test_the_second_of_two_pipelines_gets_a_message_and_does_no_harm(clone: Project, committed: Project) -> None:
    """The second pipeline gets the message of DVC. The first one ends as if it were alone."""
    first = started(clone, "--force", "--no-run-cache", "--single-item", "separation")
    assert first.stdout is not None
    for line in first.stdout:
        if line.startswith("Running stage"):
            break
    second = clone.run("dvc", "repro", "--force", "--no-run-cache", "--single-item", "separation", check=False)
    first.communicate()
    assert first.returncode == 0
    assert second.returncode != 0
    assert "is busy, it is being blocked by" in second.stderr or "Unable to acquire lock" in second.stderr
    assert "Traceback" not in second.stderr
    assert lock(clone) == lock(committed)
    assert clone.stale() == set()


# Disks

WRITES = {
    "fetch": ("data", "data/raw"),
    "train@vae-0": ("data/weights", "data/weights/vae-0.safetensors"),
    "encode@vae-0": ("data/latents", "data/latents/vae-0.safetensors"),
    "report": ("reports", "reports/report.html"),
}
"""Stage -> the folder of its output, and the output."""


@pytest.fixture
def disk(committed: Project, tmp_path: Path) -> Iterator[Project]:
    """The project and its cache on a separate small disk."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted("-t", "tmpfs", "-o", "size=400m,mode=1777", "none", str(folder))
    try:
        no_artifacts = shutil.ignore_patterns("mlartifacts")  # other tests' runs, which may need more than the disk has
        shutil.copytree(committed.folder, folder / "project", symlinks=True, ignore=no_artifacts)
        yield Project(folder / "project")
    finally:
        unmount(folder)


def remove(path: Path) -> None:
    shutil.rmtree(path) if path.is_dir() else path.unlink()


def fill(folder: Path, room: int) -> Path:
    """Fill a disk, and leave `room` bytes free."""
    ballast = folder / "ballast"
    free = shutil.disk_usage(folder).free
    with ballast.open("wb") as stream:
        os.posix_fallocate(stream.fileno(), 0, free - room)
    return ballast


def fails_with(project: Project, stage: str, reason: str) -> None:
    """Check that the stage fails with one error line, no traceback, and no partial file."""
    done = project.run("dvc", "repro", "--no-run-cache", "--force", "--single-item", stage, check=False)
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert "Traceback" not in said
    errors = [line for line in said.splitlines() if "cannot be written" in line and "cannot be resumed" not in line]
    assert len(errors) == 1, said
    assert f"cannot be written ({reason}); free some space or fix the permissions, then run again" in errors[0]
    assert errors[0].startswith(stage.replace("@", " "))
    assert not (project.folder / WRITES[stage][1]).exists() or stage == "fetch"
    assert not list(project.folder.glob("data/**/*.tmp"))
    assert soundness(project) == []


@pytest.mark.parametrize("stage", list(WRITES))
def test_a_full_disk_costs_nothing_but_the_stage(disk: Project, committed: Project, stage: str) -> None:
    """The stage fails. When the disk has space again, the pipeline gives the same bytes."""
    remove(disk.folder / WRITES[stage][1])
    ballast = fill(disk.folder.parent, room=24_000)
    fails_with(disk, stage, "No space left on device")
    ballast.unlink()
    disk.run("dvc", "repro", "--no-run-cache")
    assert lock(disk) == lock(committed)
    assert disk.stale() == set()
    assert soundness(disk) == []


@pytest.mark.parametrize("stage", list(WRITES))
def test_a_read_only_folder_costs_nothing_but_the_stage(clone: Project, committed: Project, stage: str) -> None:
    """The stage fails. When the folder is writable again, the pipeline gives the same bytes."""
    for out in lock(committed)[stage]["outs"]:  # DVC itself would remove them before the stage
        remove(clone.folder / out["path"])
    where = str(clone.folder / WRITES[stage][0])
    mounted("--bind", where, where)
    try:
        mounted("-o", "remount,ro,bind", where)
        done = clone.run("dvc", "repro", "--no-run-cache", "--force", "--single-item", stage, check=False)
    finally:
        unmount(Path(where))
    assert done.returncode != 0
    assert "Traceback" not in done.stdout + done.stderr
    assert f"{stage.replace('@', ' ')}: " in done.stderr
    assert "cannot be written (Read-only file system)" in done.stderr
    clone.run("dvc", "repro", "--no-run-cache")
    assert lock(clone) == lock(committed)
    assert clone.stale() == set()
