"""The door of a stage: its command line, its parameters, its files, and its tracked run."""

import argparse
import hashlib
import inspect
import json
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from tqdm import tqdm

from latente import declared, files, params, paths, provenance, serial
from latente.errors import DataError, LatenteError
from latente.result import Grid, Result
from latente.tracking.tracker import Tracker

T = TypeVar("T")

_BAR = "{desc} {bar:10} {n_fmt}/{total_fmt} [{elapsed}<{remaining}{postfix}]"


class Run:
    """What a stage may do: read files, write whole files, and say what it measured."""

    def __init__(self, tracked: Tracker, stage: str, item: Mapping[str, object], tags: Mapping[str, str]) -> None:
        self._tracked, self._stage, self._item, self._tags = tracked, stage, item, tags
        self._bar: tqdm[Any] | None = None
        self.last: list[Callable[[], None]] = []

    def read(self, path: Path) -> Path:
        """An input, noted with its digest.

        Raises:
            DataError: It does not exist.
        """
        if not path.exists():
            raise DataError(f"{path}: no such file; `dvc repro` makes it")
        self._tracked.tags({f"read.{path.as_posix()}": files.digest(path)})
        return path

    def json(self, path: Path) -> Any:
        """A JSON file among the inputs.

        Raises:
            DataError: It does not exist, or is not JSON.
        """
        return serial.from_json(self.read(path).read_bytes(), path)

    def key(self) -> str:
        """The same for the same declared parameters and inputs, code and environment among them."""
        parameters = declared.parameters(self._stage, self._item)
        inputs = {path.as_posix(): files.digest(path) for path in declared.inputs(self._stage, self._item)}
        text = json.dumps([self._stage, dict(self._item), parameters, inputs], sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()

    def each(self, load: Callable[[Path], T], path: Callable[[str, int], Path]) -> Grid[T]:
        """Load one file for every model and seed of the study.

        Raises:
            DataError: One is missing, or the folder holds files of another study; DVC would take them for inputs.
        """
        study = self.json(paths.study())
        wanted = {model: {seed: path(model, seed) for seed in study["seeds"]} for model in study["models"]}
        strays = paths.of_trainings(path) - {file for seeds in wanted.values() for file in seeds.values()}
        if strays:
            names = ", ".join(sorted(map(str, strays)))
            raise DataError(f"{names}: of no training in the study; `python -m pipeline.study` removes such files")
        return {model: {seed: load(self.read(file)) for seed, file in seeds.items()} for model, seeds in wanted.items()}

    def write(self, path: Path, data: bytes) -> None:
        """Write an output whole or not at all, noted with its digest; reports become artifacts of the run."""
        files.write(path, data)
        self._tracked.tags({f"wrote.{path.as_posix()}": files.digest(path)})
        if path.parts[0] == "reports":
            self._tracked.artifact(path, "/".join(path.parts[1:-1]) or None)

    def metrics(self, values: Mapping[str, float]) -> None:
        """Log the numbers of this stage."""
        self._tracked.metrics(values)

    def epoch(self, number: int, values: Mapping[str, float], *, of: int) -> None:
        """Log one epoch live, and show it: a bar on a terminal, a line in a log."""
        self._tracked.metrics(values, step=number)
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

    def result(self, found: Result) -> None:
        """Write the metrics and figures of an analysis, and log each subject and seed as a child run."""
        for path, data in found.files(self._stage).items():
            self.write(path, data)
        for subject, seeds in found.scores.items():
            for seed, values in seeds.items():
                tags = {**self._tags, "stage": self._stage, "model": subject, "seed": seed}
                self._tracked.child(f"{self._stage} {subject} {seed}", tags, values)

    def finally_do(self, action: Callable[[], None]) -> None:
        """Do something when all else is done and nothing failed: a kill before that must find things as they were."""
        self.last.append(action)

    def publish(self) -> None:
        """Publish the study as rows that compare; if stages are stale there is nothing to publish, which is said."""
        self._tracked.publish()


class Stage:
    """A stage as a command: `python -m pipeline.NAME --ITEM VALUE`; `body` is the plain function."""

    def __init__(self, body: Callable[..., None]) -> None:
        self.body, self.name = body, body.__name__

    def __call__(self, arguments: Sequence[str] | None = None) -> None:
        """Run the stage; exit with 1 on an error that a person can mend, with 2 if the parameters are not valid."""
        item = vars(self._parser().parse_args(arguments))
        name = " ".join([self.name, "-".join(map(str, item.values()))]).strip()
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends as Ctrl-C does
        try:
            self._run(name, item)
        except LatenteError as error:
            print(f"{name}: {error}", file=sys.stderr)
            sys.exit(error.status)
        except KeyboardInterrupt:
            sys.exit(130)

    def _run(self, name: str, item: dict[str, Any]) -> None:
        study = params.load()
        tags = {key: str(value) for key, value in item.items()} | provenance.tags()
        tracked, status = Tracker(self.name, name, tags, required=study.tracking.required), "FAILED"
        run = Run(tracked, self.name, item, tags)
        try:
            tracked.params(declared.parameters(self.name, item))
            self.body(run, study, **item)
            if paths.raw().exists():
                tracked.dataset("mnist", files.digest(paths.raw()), paths.raw().as_posix())
            status = "FINISHED"
        except KeyboardInterrupt:
            status = "KILLED"
            raise
        except Exception as error:
            tracked.error(error)
            raise
        finally:
            tracked.close(status)
        for action in run.last:
            action()

    def _parser(self) -> argparse.ArgumentParser:
        parser = argparse.ArgumentParser(f"python -m pipeline.{self.name}", description=inspect.getdoc(self.body))
        for name, parameter in inspect.signature(self.body).parameters.items():
            if parameter.kind is parameter.KEYWORD_ONLY:
                parser.add_argument(f"--{name}", type=parameter.annotation, required=True)
        return parser


def stage(body: Callable[..., None]) -> Stage:
    """Make a command of a stage's body: `body(run, params, *, item, ...)`."""
    return Stage(body)
