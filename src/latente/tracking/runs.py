"""One run for each execution of a stage."""

import json
import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from mlflow import MlflowClient
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, RunStatus, RunTag
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


class Tracked:
    """One run in the store, by its id."""

    def __init__(self, client: MlflowClient, experiment: str, run: str) -> None:
        self._client, self._experiment, self.id = client, experiment, run

    def params(self, values: Mapping[str, object]) -> None:
        """Log parameters, each once."""
        entries = [Param(name, str(value)) for name, value in values.items()]
        for start in range(0, len(entries), 100):  # the store's limit for a batch
            self._client.log_batch(self.id, params=entries[start : start + 100])

    def metrics(self, values: Mapping[str, float], step: int = 0, *, model: str | None = None) -> None:
        """Log numbers, at a step; also as those of a logged model, if one is named."""
        now = int(time.time() * 1000)
        entries = [Metric(name, value, now, step, model_id=model) for name, value in values.items()]
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

    def end(self, status: str) -> None:
        """Close the run: FINISHED, FAILED or KILLED."""
        self._client.set_terminated(self.id, RunStatus.to_string(RunStatus.from_string(status)))


def start(client: MlflowClient, experiment: str, name: str, tags: Mapping[str, str]) -> Tracked:
    """A new run."""
    base = {MLFLOW_SOURCE_TYPE: "LOCAL", MLFLOW_USER: os.environ.get("USER", "unknown")}
    run = client.create_run(experiment, run_name=name, tags=base | dict(tags))
    return Tracked(client, experiment, run.info.run_id)


@contextmanager
def run(stage: str, name: str, tags: Mapping[str, str]) -> Iterator[Tracked]:
    """A run for one execution of a stage, closed as finished, failed (with its error) or killed."""
    client = store.client()
    source = {MLFLOW_SOURCE_NAME: f"pipeline/{stage}.py", MLFLOW_GIT_COMMIT: tags.get("commit", "unknown")}
    experiment = store.experiment(client, STAGES)
    tracked = start(client, experiment, name, {**tags, **source, "stage": stage})
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
