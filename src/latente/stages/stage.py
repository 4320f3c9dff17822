"""A stage as a command: it parses the matrix item, loads the parameters, opens the MLflow run and calls the body."""

import argparse
import hashlib
import inspect
import json
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from tqdm import tqdm

from latente.determinism import canonical
from latente.errors import DataError, LatenteError
from latente.project import declared, digests, files, paths
from latente.project.params import load
from latente.results.grid import Grid
from latente.results.result import Result
from latente.study import provenance
from latente.tracking.background import BackgroundRun

T = TypeVar("T")

_BAR = "{desc} {bar:10} {n_fmt}/{total_fmt} [{elapsed}<{remaining}{postfix}]"


class Context:
    """What the body of a stage can do: read inputs, write outputs, and log metrics.

    Attributes:
        on_success_actions: The actions that the stage registered with `on_success`, in the order of registration.
    """

    def __init__(self, run: BackgroundRun, stage: str, item: Mapping[str, object], tags: Mapping[str, str]) -> None:
        self._run, self._stage, self._item, self._tags = run, stage, item, tags
        self._bar: tqdm[Any] | None = None
        self._digests: dict[Path, str] = {}
        self.on_success_actions: list[Callable[[], None]] = []

    def read(self, path: Path) -> Path:
        """Log the digest of an input, and return its path.

        Raises:
            DataError: The file does not exist.
        """
        if not path.exists():
            raise DataError(f"{path}: no such file; `dvc repro` creates it")
        self._run.tags({f"read.{path.as_posix()}": self.digest(path)})
        return path

    def digest(self, path: Path) -> str:
        """The digest of an input as DVC writes it. It is computed once, because no input changes while a stage runs."""
        if path not in self._digests:
            self._digests[path] = digests.digest(path)
        return self._digests[path]

    def json(self, path: Path) -> Any:
        """The content of a JSON input.

        Raises:
            DataError: The file does not exist or is not valid JSON.
        """
        return canonical.from_json(self.read(path).read_bytes(), path)

    def key(self) -> str:
        """A SHA-256 over everything that the stage declares: parameters, package versions, and inputs (also code)."""
        values = [declared.parameters(self._stage, self._item), declared.versions(self._stage)]
        inputs = {path.as_posix(): self.digest(path) for path in declared.inputs(self._stage, self._item)}
        text = json.dumps([self._stage, dict(self._item), *values, inputs], sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()

    def each(self, load: Callable[[Path], T], path: Callable[[str, int], Path]) -> Grid[T]:
        """Load one file for each model and seed of the study.

        Args:
            load: Reads one file.
            path: Model and seed -> path of the file.

        Raises:
            DataError: A file is missing, or the folder has files of another study. DVC would treat them as inputs.
        """
        study = self.json(paths.study())
        expected = {model: {seed: path(model, seed) for seed in study["seeds"]} for model in study["models"]}
        strays = paths.of_trainings(path) - {file for seeds in expected.values() for file in seeds.values()}
        if strays:
            names = ", ".join(sorted(map(str, strays)))
            raise DataError(
                f"{names}: not from a training of this study; `python -m pipeline.study` removes such files"
            )
        return Grid(expected).map(lambda file: load(self.read(file)))

    def write(self, path: Path, data: bytes) -> None:
        """Write an output atomically, and log its digest. A file below `reports` also becomes a run artifact."""
        files.write(path, data)
        self._run.tags({f"wrote.{path.as_posix()}": digests.digest(path)})
        if path.parts[0] == "reports":
            self._run.artifact(path, "/".join(path.parts[1:-1]) or None)

    def metrics(self, values: Mapping[str, float]) -> None:
        """Log metrics of this stage."""
        self._run.metrics(values)

    def epoch(self, number: int, values: Mapping[str, float], *, of: int) -> None:
        """Log one epoch during the training, and show it: as a progress bar on a terminal, as a line in a log.

        Args:
            number: The number of the epoch; the first epoch is 1.
            values: Losses and other metrics of the epoch.
            of: The total number of epochs.
        """
        self._run.metrics(values, step=number)
        shown = "  ".join(
            f"{name} {value:.2f}" for name, value in values.items() if name.endswith(("_loss", "_second"))
        )
        if not sys.stderr.isatty():
            print(f"epoch {number}/{of}  {shown}", flush=True)
            return
        name = f"{self._tags['model']}-{self._tags['seed']}"
        self._bar = self._bar or tqdm(total=of, desc=name, bar_format=_BAR)
        self._bar.set_postfix_str(shown, refresh=False)
        self._bar.update()
        if number == of:
            self._bar.close()

    def result(self, result: Result) -> None:
        """Write the metrics and figures of an analysis, and log one child run for each subject and seed."""
        for path, data in result.files(self._stage).items():
            self.write(path, data)
        for subject, seeds in result.measurements.items():
            for seed, measurement in seeds.items():
                tags = {**self._tags, "stage": self._stage, "model": subject, "seed": seed}
                self._run.child(f"{self._stage} {subject} {seed}", tags, measurement.metrics)

    def on_success(self, action: Callable[[], None]) -> None:
        """Register an action to run after the stage succeeded."""
        self.on_success_actions.append(action)

    def publish(self) -> None:
        """Publish the study to MLflow as rows. If stages are stale, print a message and publish nothing."""
        self._run.publish()


class Stage:
    """A stage as a command, `python -m pipeline.NAME --ITEM VALUE`; `body` is the undecorated function."""

    def __init__(self, body: Callable[..., None]) -> None:
        self.body, self.name = body, body.__name__

    def __call__(self, arguments: Sequence[str] | None = None) -> None:
        """Run the stage. The exit status is 1 after an error the user can fix, and 2 for invalid parameters."""
        item = vars(self._parser().parse_args(arguments))
        name = " ".join([self.name, "-".join(map(str, item.values()))]).strip()
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # SIGTERM ends the stage like Ctrl-C
        try:
            self._run(name, item)
        except LatenteError as error:
            print(f"{name}: {error}", file=sys.stderr)
            sys.exit(error.status)
        except KeyboardInterrupt:
            sys.exit(130)

    def _run(self, name: str, item: dict[str, Any]) -> None:
        params = load()
        tags = {key: str(value) for key, value in item.items()} | provenance.tags()
        run, status = BackgroundRun(self.name, name, tags, required=params.tracking.required), "FAILED"
        context = Context(run, self.name, item, tags)
        try:
            run.params(declared.parameters(self.name, item))
            self.body(context, params, **item)
            if paths.raw().exists():
                run.dataset(params.data.name, context.digest(paths.raw()), paths.raw().as_posix())
            status = "FINISHED"
        except KeyboardInterrupt:
            status = "KILLED"
            raise
        except Exception as error:
            run.error(error)
            raise
        finally:
            run.metrics({"cpu_seconds": time.process_time()})
            run.close(status)
        for action in context.on_success_actions:
            action()

    def _parser(self) -> argparse.ArgumentParser:
        parser = argparse.ArgumentParser(f"python -m pipeline.{self.name}", description=inspect.getdoc(self.body))
        for name, parameter in inspect.signature(self.body).parameters.items():
            if parameter.kind is parameter.KEYWORD_ONLY:
                parser.add_argument(f"--{name}", type=parameter.annotation, required=True)
        return parser


def stage(body: Callable[..., None]) -> Stage:
    """Turn the body of a stage, `body(context, params, *, item, ...)`, into a command."""
    return Stage(body)
