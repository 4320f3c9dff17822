"""The door of a stage: its command line, its parameters, its files, and its tracked run."""

import argparse
import inspect
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from tqdm import tqdm

from latente import declared, files, params, paths, provenance
from latente.errors import DataError, LatenteError
from latente.result import Grid, Result
from latente.state import StaleError
from latente.tracking import runs
from latente.tree import Folder

T = TypeVar("T")

_BAR = "{desc} {bar:10} {n_fmt}/{total_fmt} [{elapsed}<{remaining}{postfix}]"


class Run:
    """What a stage may do: read files, write whole files, and say what it measured."""

    def __init__(self, tracked: runs.Tracked, stage: str, tags: Mapping[str, str]) -> None:
        self._tracked, self._stage, self._tags = tracked, stage, tags
        self._bar: tqdm[Any] | None = None

    def read(self, path: Path) -> Path:
        """An input, noted with its digest.

        Raises:
            DataError: It does not exist.
        """
        if not path.exists():
            raise DataError(f"{path}: no such file; `dvc repro` makes it")
        self._tracked.tags({f"read.{path.as_posix()}": files.digest(path)})
        return path

    def each(self, load: Callable[[Path], T], path: Callable[[str, int], Path]) -> Grid[T]:
        """Load one file for every model and seed of the study.

        Raises:
            DataError: One is missing, or the folder holds files of another study; DVC would take them for inputs.
        """
        study = json.loads(self.read(paths.study()).read_bytes())
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
                child = self._tracked.child(f"{self._stage} {subject} {seed}", tags)
                child.metrics(values)
                child.end("FINISHED")

    def publish(self) -> None:
        """Publish the study as rows that compare; if stages are stale there is nothing to publish, which is said."""
        from latente.tracking import results  # noqa: PLC0415 (slow to import, and one stage alone publishes)

        try:
            results.publish(Folder(), reported=True)
        except StaleError as error:
            print(f"not published: {error}", file=sys.stderr)


class Stage:
    """A stage as a command: `python -m pipeline.NAME --ITEM VALUE`; `body` is the plain function."""

    def __init__(self, body: Callable[..., None]) -> None:
        self.body, self.name = body, body.__name__

    def __call__(self, arguments: Sequence[str] | None = None) -> None:
        """Run the stage; exit with 1 on an error that a person can mend, with 2 if the parameters are not valid."""
        item = vars(self._parser().parse_args(arguments))
        try:
            self._run(item)
        except LatenteError as error:
            sys.exit(_told(self.name, error))
        except KeyboardInterrupt:
            sys.exit(130)

    def _run(self, item: dict[str, Any]) -> None:
        study = params.load()
        name = " ".join([self.name, "-".join(map(str, item.values()))]).strip()
        tags = {key: str(value) for key, value in item.items()} | provenance.tags()
        with runs.run(self.name, name, tags) as tracked:
            tracked.params(declared.parameters(self.name, item))
            self.body(Run(tracked, self.name, tags), study, **item)
            if paths.raw().exists():
                tracked.dataset("mnist", files.digest(paths.raw()), paths.raw().as_posix())

    def _parser(self) -> argparse.ArgumentParser:
        parser = argparse.ArgumentParser(f"python -m pipeline.{self.name}", description=inspect.getdoc(self.body))
        for name, parameter in inspect.signature(self.body).parameters.items():
            if parameter.kind is parameter.KEYWORD_ONLY:
                parser.add_argument(f"--{name}", type=parameter.annotation, required=True)
        return parser


def stage(body: Callable[..., None]) -> Stage:
    """Make a command of a stage's body: `body(run, params, *, item, ...)`."""
    return Stage(body)


def _told(name: str, error: LatenteError) -> int:
    print(f"{name}: {error}", file=sys.stderr)
    return error.status
