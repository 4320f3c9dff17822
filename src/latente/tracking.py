"""The tracking store: one run for each execution of a stage. The only module that imports mlflow."""

import logging
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_DISABLE_AGENT_HINT", "1")

from mlflow import MlflowClient
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, RunStatus, RunTag
from mlflow.exceptions import MlflowException
from mlflow.utils.mlflow_tags import (
    MLFLOW_GIT_COMMIT,
    MLFLOW_PARENT_RUN_ID,
    MLFLOW_SOURCE_NAME,
    MLFLOW_SOURCE_TYPE,
    MLFLOW_USER,
)

from latente.errors import LatenteError

STAGES = "latente/stages"
_KIND = {"mlflow.experimentKind": "custom_model_development"}  # the UI opens on the table of runs

for _name in ("mlflow", "alembic"):
    logging.getLogger(_name).setLevel(logging.WARNING)


def uri() -> str:
    """Where runs are kept: `MLFLOW_TRACKING_URI`, or a SQLite file at the project's root."""
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{_root() / 'mlflow.db'}"


class Tracked:
    """One run in the store, or one of its children."""

    def __init__(self, client: MlflowClient, experiment: str, name: str, tags: Mapping[str, str]) -> None:
        self._client, self._experiment, self._name = client, experiment, name
        base = {MLFLOW_SOURCE_TYPE: "LOCAL", MLFLOW_USER: os.environ.get("USER", "unknown")}
        self._id = client.create_run(experiment, run_name=name, tags=base | dict(tags)).info.run_id

    def params(self, values: Mapping[str, object]) -> None:
        """Log parameters, each once."""
        self._client.log_batch(self._id, params=[Param(name, str(value)) for name, value in values.items()])

    def metrics(self, values: Mapping[str, float], step: int = 0) -> None:
        """Log numbers, at a step."""
        now = int(time.time() * 1000)
        entries = [Metric(name, value, now, step) for name, value in values.items()]
        for start in range(0, len(entries), 1000):  # the store's limit for a batch
            self._client.log_batch(self._id, metrics=entries[start : start + 1000])

    def tags(self, values: Mapping[str, str]) -> None:
        """Set tags."""
        self._client.log_batch(self._id, tags=[RunTag(name, value) for name, value in values.items()])

    def artifact(self, file: Path, folder: str | None) -> None:
        """Log a file, under a folder if one is named."""
        self._client.log_artifact(self._id, str(file), folder)

    def dataset(self, name: str, digest: str, source: str) -> None:
        """Log the data that the run used, with its digest."""
        data = Dataset(name=name, digest=digest, source_type="local", source=f'{{"uri": "{source}"}}')
        self._client.log_inputs(self._id, [DatasetInput(data, [InputTag("mlflow.data.context", "study")])])

    def child(self, name: str, tags: Mapping[str, str], metrics: Mapping[str, float]) -> None:
        """A finished run under this one, for the numbers of one subject and seed."""
        child = Tracked(self._client, self._experiment, name, {**tags, MLFLOW_PARENT_RUN_ID: self._id})
        child.metrics(metrics)
        child.end("FINISHED")

    def end(self, status: str) -> None:
        """Close the run: FINISHED, FAILED or KILLED."""
        self._client.set_terminated(self._id, RunStatus.to_string(RunStatus.from_string(status)))


@contextmanager
def run(stage: str, name: str, tags: Mapping[str, str]) -> Iterator[Tracked]:
    """A run for one execution of a stage, closed as finished, failed (with its error) or killed."""
    client = MlflowClient(uri())
    source = {MLFLOW_SOURCE_NAME: f"pipeline/{stage}.py", MLFLOW_GIT_COMMIT: tags.get("commit", "unknown")}
    tracked = Tracked(client, _experiment(client), name, {**tags, **source, "stage": stage})
    try:
        yield tracked
    except KeyboardInterrupt:
        tracked.end("KILLED")
        raise
    except BaseException as error:
        tracked.tags({"error": f"{type(error).__name__}: {error}"[:5000]})
        tracked.end("FAILED")
        raise
    tracked.end("FINISHED")


def _experiment(client: MlflowClient) -> str:
    """The experiment of the stages, made if it is missing."""
    # A local store would otherwise pin its artifacts to the folder that the first run happened to start in.
    local = (_root() / "mlartifacts").as_uri() if uri().startswith("sqlite:") else None
    if client.get_experiment_by_name(STAGES) is None:
        with suppress(MlflowException):  # another process may be first
            client.create_experiment(STAGES, artifact_location=local, tags=_KIND)
    found = client.get_experiment_by_name(STAGES)
    if found is None:
        raise LatenteError(f"the tracking store at {uri()} has no experiment {STAGES}, and none could be made")
    return str(found.experiment_id)


def _root() -> Path:
    """The project's root; under a temporary `dvc exp run`, that of the project it belongs to."""
    return Path(os.environ.get("DVC_ROOT", ".")).resolve()
