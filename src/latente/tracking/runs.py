"""Runs in the store: one for each execution of a stage, and one for each published study and row."""

import json
import os
import socket
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil
from mlflow import MlflowClient
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, Run, RunStatus, RunTag
from mlflow.utils.mlflow_tags import (
    MLFLOW_GIT_COMMIT,
    MLFLOW_PARENT_RUN_ID,
    MLFLOW_SOURCE_NAME,
    MLFLOW_SOURCE_TYPE,
    MLFLOW_USER,
)

from latente.project import files
from latente.tracking import store
from latente.tracking.silence import Silence

STAGES = "latente/stages"

_PROCESS = "process"

_LONG_AGO_MS = 86_400_000
"""If a run of another machine is open for longer than this, it counts as abandoned."""


class StoredRun:
    """A run in the store. Times are milliseconds since 1970; the default is the current time."""

    def __init__(self, client: MlflowClient, experiment: str, run: str) -> None:
        self._client, self._experiment, self.id = client, experiment, run

    def params(self, values: Mapping[str, object]) -> None:
        """Log parameters. The store accepts one value for a parameter."""
        entries = [Param(name, str(value)) for name, value in values.items()]
        for start in range(0, len(entries), 100):  # the largest batch that the store accepts
            self._client.log_batch(self.id, params=entries[start : start + 100])

    def metrics(self, values: Mapping[str, float], *, model: str | None = None) -> None:
        """Log metrics of the run. If `model` is given, they are also metrics of this logged model."""
        now = time.time_ns() // 1_000_000
        self._log([Metric(name, value, now, 0, model_id=model) for name, value in values.items()])

    def points(self, points: Sequence[tuple[str, float, int, int]]) -> None:
        """Log metrics; a point is the name, value, time and step of a metric."""
        self._log([Metric(*point) for point in points])

    def curve(self, name: str, epochs: Sequence[Mapping[str, float]]) -> None:
        """Log the losses of every epoch as `NAME.LOSS`; the step is the epoch."""
        now = time.time_ns() // 1_000_000
        self.points(
            [
                (f"{name}.{loss}", value, now, int(epoch["epoch"]))
                for epoch in epochs
                for loss, value in epoch.items()
                if loss != "epoch"
            ]
        )

    def _log(self, entries: Sequence[Metric]) -> None:
        for start in range(0, len(entries), 1000):  # the largest batch that the store accepts
            self._client.log_batch(self.id, metrics=entries[start : start + 1000])

    def tags(self, values: Mapping[str, str]) -> None:
        """Set tags."""
        self._client.log_batch(self.id, tags=[RunTag(name, value) for name, value in values.items()])

    def artifact(self, file: Path, folder: str | None) -> None:
        """Log a file, in a folder of the artifacts if `folder` is given."""
        self._client.log_artifact(self.id, str(file), folder)

    def artifacts(self, contents: Mapping[Path, bytes | None]) -> None:
        """Log files from their content; a file with the content None is left out."""
        with tempfile.TemporaryDirectory() as folder:
            for path, content in contents.items():
                if content is not None:
                    files.write(Path(folder) / path, content)
            self._client.log_artifacts(self.id, folder)

    def dataset(self, name: str, digest: str, source: str) -> None:
        """Log the data that the run used, and the digest of the data."""
        data = Dataset(name=name, digest=digest, source_type="local", source=json.dumps({"uri": source}))
        inputs = [DatasetInput(data, [InputTag("mlflow.data.context", "study")])]
        store.again(lambda: self._client.log_inputs(self.id, inputs))

    def child(self, name: str, tags: Mapping[str, str]) -> "StoredRun":
        """Start a child run of this run."""
        return start(self._client, self._experiment, name, {**tags, MLFLOW_PARENT_RUN_ID: self.id})

    def end(self, status: str, *, now: int | None = None) -> None:
        """Close the run with a status: FINISHED, FAILED or KILLED."""
        self._client.set_terminated(self.id, RunStatus.to_string(RunStatus.from_string(status)), now)


def start(
    client: MlflowClient, experiment: str, name: str, tags: Mapping[str, str], *, now: int | None = None
) -> StoredRun:
    """Start a run; a tag names this process as its writer."""
    base = {MLFLOW_SOURCE_TYPE: "LOCAL", MLFLOW_USER: os.environ.get("USER", "unknown")}
    own = {_PROCESS: " ".join([_machine(), str(os.getpid()), str(psutil.Process().create_time())])}
    run = client.create_run(experiment, now, base | own | dict(tags), name)
    return StoredRun(client, experiment, run.info.run_id)


def begin(stage: str, name: str, tags: Mapping[str, str], silence: Silence, *, now: int) -> StoredRun:
    """Start a run for one execution of a stage. Earlier runs that a crash left open are closed as KILLED."""
    client = store.client(silence)
    source = {MLFLOW_SOURCE_NAME: f"pipeline/{stage}.py", MLFLOW_GIT_COMMIT: tags.get("commit", "unknown")}
    experiment = store.experiment(client, STAGES)
    for running in client.search_runs([experiment], f"tags.stage = '{stage}' and attributes.status = 'RUNNING'"):
        if abandoned(running):
            client.set_terminated(running.info.run_id, "KILLED")
    return start(client, experiment, name, {**tags, **source, "stage": stage}, now=now)


def abandoned(run: Run) -> bool:
    """Whether the process that wrote a run has ended. On another machine, it counts as ended after a day."""
    machine, process, begun = run.data.tags.get(_PROCESS, "- 0 0").rsplit(" ", 2)
    if machine != _machine():
        return bool(run.info.start_time < time.time() * 1000 - _LONG_AGO_MS)
    try:
        return str(psutil.Process(int(process)).create_time()) != begun  # the system reuses process ids
    except psutil.NoSuchProcess:
        return True


def _machine() -> str:
    """The host, its last boot, and the container. A process id is unique among processes that share all three."""
    boot, space = Path("/proc/sys/kernel/random/boot_id"), Path("/proc/self/ns/pid")
    known = boot.read_text().strip() if boot.exists() else str(psutil.boot_time())
    return "/".join([socket.gethostname(), known, str(space.readlink()) if space.exists() else ""])
