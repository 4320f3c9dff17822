"""One run for each execution of a stage."""

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

from latente import files
from latente.tracking import store

STAGES = "latente/stages"

_PROCESS = "process"

_LONG_AGO_MS = 86_400_000
"""After a day, what another machine has left open is taken for a crash's leftover."""


class Tracked:
    """One run in the store, by its id. Times are milliseconds since 1970, by default now."""

    def __init__(self, client: MlflowClient, experiment: str, run: str) -> None:
        self._client, self._experiment, self.id = client, experiment, run

    def params(self, values: Mapping[str, object]) -> None:
        """Log parameters, each once."""
        entries = [Param(name, str(value)) for name, value in values.items()]
        for start in range(0, len(entries), 100):  # the store's limit for a batch
            self._client.log_batch(self.id, params=entries[start : start + 100])

    def metrics(self, values: Mapping[str, float], *, model: str | None = None) -> None:
        """Log numbers; also as those of a logged model, if one is named."""
        now = time.time_ns() // 1_000_000
        self._log([Metric(name, value, now, 0, model_id=model) for name, value in values.items()])

    def points(self, points: Sequence[tuple[str, float, int, int]]) -> None:
        """Log numbers, each with its name, value, time and step."""
        self._log([Metric(*point) for point in points])

    def curve(self, name: str, epochs: Sequence[Mapping[str, float]]) -> None:
        """Log the numbers of every epoch, as `NAME.number`."""
        now = time.time_ns() // 1_000_000
        self.points(
            [
                (f"{name}.{number}", value, now, int(epoch["epoch"]))
                for epoch in epochs
                for number, value in epoch.items()
                if number != "epoch"
            ]
        )

    def _log(self, entries: Sequence[Metric]) -> None:
        for start in range(0, len(entries), 1000):  # the store's limit for a batch
            self._client.log_batch(self.id, metrics=entries[start : start + 1000])

    def tags(self, values: Mapping[str, str]) -> None:
        """Set tags."""
        self._client.log_batch(self.id, tags=[RunTag(name, value) for name, value in values.items()])

    def artifact(self, file: Path, folder: str | None) -> None:
        """Log a file, under a folder if one is named."""
        self._client.log_artifact(self.id, str(file), folder)

    def artifacts(self, contents: Mapping[Path, bytes | None]) -> None:
        """Log files by their content; those without are left out."""
        with tempfile.TemporaryDirectory() as folder:
            for path, content in contents.items():
                if content is not None:
                    files.write(Path(folder) / path, content)
            self._client.log_artifacts(self.id, folder)

    def dataset(self, name: str, digest: str, source: str) -> None:
        """Log the data that the run used, with its digest."""
        data = Dataset(name=name, digest=digest, source_type="local", source=json.dumps({"uri": source}))
        inputs = [DatasetInput(data, [InputTag("mlflow.data.context", "study")])]
        store.again(lambda: self._client.log_inputs(self.id, inputs))

    def child(self, name: str, tags: Mapping[str, str]) -> "Tracked":
        """A new run under this one."""
        return start(self._client, self._experiment, name, {**tags, MLFLOW_PARENT_RUN_ID: self.id})

    def end(self, status: str, *, now: int | None = None) -> None:
        """Close the run: FINISHED, FAILED or KILLED."""
        self._client.set_terminated(self.id, RunStatus.to_string(RunStatus.from_string(status)), now)


def start(
    client: MlflowClient, experiment: str, name: str, tags: Mapping[str, str], *, now: int | None = None
) -> Tracked:
    """A new run, of this process."""
    base = {MLFLOW_SOURCE_TYPE: "LOCAL", MLFLOW_USER: os.environ.get("USER", "unknown")}
    own = {_PROCESS: " ".join([_machine(), str(os.getpid()), str(psutil.Process().create_time())])}
    run = client.create_run(experiment, now, base | own | dict(tags), name)
    return Tracked(client, experiment, run.info.run_id)


def begin(stage: str, name: str, tags: Mapping[str, str], *, now: int) -> Tracked:
    """A run for one execution of a stage; earlier ones that a crash left open are marked as killed."""
    client = store.client()
    source = {MLFLOW_SOURCE_NAME: f"pipeline/{stage}.py", MLFLOW_GIT_COMMIT: tags.get("commit", "unknown")}
    experiment = store.experiment(client, STAGES)
    for left in client.search_runs([experiment], f"tags.stage = '{stage}' and attributes.status = 'RUNNING'"):
        if abandoned(left):
            client.set_terminated(left.info.run_id, "KILLED")
    return start(client, experiment, name, {**tags, **source, "stage": stage}, now=now)


def abandoned(run: Run) -> bool:
    """Whether the process that writes a run has ended: for sure on this machine, on another after a day."""
    machine, process, begun = run.data.tags.get(_PROCESS, "- 0 0").rsplit(" ", 2)
    if machine != _machine():
        return bool(run.info.start_time < time.time() * 1000 - _LONG_AGO_MS)
    try:
        return str(psutil.Process(int(process)).create_time()) != begun  # numbers of processes are used again
    except psutil.NoSuchProcess:
        return True


def _machine() -> str:
    """The host, its boot and its container: where the number of a process means that process."""
    boot, space = Path("/proc/sys/kernel/random/boot_id"), Path("/proc/self/ns/pid")
    known = boot.read_text().strip() if boot.exists() else str(psutil.boot_time())
    return "/".join([socket.gethostname(), known, str(space.readlink()) if space.exists() else ""])
