"""Rounds of random faults on a tiny study. After each round, `dvc repro` must give the bytes of a clean run.

    python -m tests.soak --rounds 50 --seed 0

A round changes a parameter and runs `dvc repro`. The tracking store may fail, and a signal may end the run. Then the
round runs `dvc repro` without faults. It compares dvc.lock, which has the MD5 of every output, with the dvc.lock of a
clean run. It also compares the files with dvc.lock.
"""

import argparse
import contextlib
import os
import random
import signal
import sqlite3
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
from ruamel.yaml import YAML

from tests.support import ROOT, Project, copy_project, environment, port

CHOICES: dict[str, list[object]] = {
    "claims.confidence": [0.95, 0.9],
    "analyses.separation.neighbours": [10, 3],
    "models.vae.beta": [1.0, 2.0],
    "train.epochs": [2, 3],
}
"""Parameter -> values. They change the last stages, one analysis, the trainings of one model, and all trainings."""

WEIGHTS = {"claims.confidence": 3, "analyses.separation.neighbours": 3, "models.vae.beta": 1, "train.epochs": 1}
"""Parameter -> how often a round changes it. A round with trainings takes minutes, so it is rare."""

STORES = ("sound", "sound", "nowhere", "dead", "locked")
SIGNALS = ("none", "kill", "kill the stage", "interrupt", "terminate the stage")


def lock(project: Project) -> Any:
    """The stages of dvc.lock; they contain the MD5 of every output."""
    return YAML(typ="safe").load(project.folder / "dvc.lock")["stages"]


def started(project: Project, *options: str, **variables: str) -> subprocess.Popen[str]:
    """Start `dvc repro` in its own process group."""
    return subprocess.Popen(
        ["dvc", "repro", *options],
        cwd=project.folder,
        env=environment(**variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )


def stages(project: Project, name: str = "") -> list[psutil.Process]:
    """The processes that now run stages in the folder of a project, or one stage. A fork server may have forked them."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.cwd() == str(project.folder) and f"-m pipeline.{name}" in " ".join(process.cmdline()):
                found.append(process)
    return found


def strike(project: Project, process: subprocess.Popen[str], kind: str) -> None:
    """Send a signal to DVC and its stage, like a terminal or a power cut, or only to the stage."""
    with contextlib.suppress(ProcessLookupError, psutil.Error):
        if kind == "kill":
            os.killpg(process.pid, signal.SIGKILL)
        elif kind == "interrupt":
            os.killpg(process.pid, signal.SIGINT)
        else:
            for one in stages(project):
                one.send_signal(signal.SIGKILL if kind == "kill the stage" else signal.SIGTERM)


@contextlib.contextmanager
def store(kind: str, folder: Path) -> Iterator[dict[str, str]]:
    """A tracking store that works or fails in one way; yields the environment variables that name it."""
    if kind == "nowhere":
        yield {"MLFLOW_TRACKING_URI": "sqlite:////proc/none/mlflow.db"}
    elif kind == "dead":
        yield {"MLFLOW_TRACKING_URI": f"http://127.0.0.1:{port()}"}
    elif kind == "locked" and (folder / "mlflow.db").exists():
        with contextlib.closing(sqlite3.connect(folder / "mlflow.db", isolation_level=None, timeout=60)) as other:
            other.execute("BEGIN EXCLUSIVE")
            yield {}
    else:
        yield {}


class Soak:
    """Two copies of a study: the first has no faults, and the second has all faults."""

    def __init__(self, clean: Project, dirty: Project, choices: dict[str, list[object]], seed: int) -> None:
        self._clean, self._dirty, self._choices, self._random = clean, dirty, choices, random.Random(seed)
        self._values = {key: options[0] for key, options in choices.items()}
        self._known: dict[str, Any] = {}
        self.faults: Counter[str] = Counter()
        self.recovery: list[float] = []

    def round(self) -> str:
        """Do one round, and return a sentence about it.

        Raises:
            AssertionError: A result is lost or different.
        """
        (key,) = self._random.choices(list(self._choices), [WEIGHTS[name] for name in self._choices])
        self._values[key] = next(value for value in self._choices[key] if value != self._values[key])
        values = dict(self._values)
        kind, how = self._random.choice(STORES), self._random.choice(SIGNALS)
        if how == "none" and kind != "nowhere":
            how = "kill"  # otherwise the round has no fault, or every stage waits for the store
        after = self._random.uniform(*self._random.choice([(1, 8), (8, 40)]))  # after few stages, or after nearly all
        expected = self._reference(values)
        for key, value in values.items():
            self._dirty.set(key, value)
        with store(kind, self._dirty.folder) as variables:
            process = started(self._dirty, "--no-run-cache", **variables)
            try:
                process.communicate(timeout=None if how == "none" else after)
            except subprocess.TimeoutExpired:
                strike(self._dirty, process, how)
                process.communicate(timeout=300)
            else:
                how = "none"  # the run ended before the signal
        self.faults.update(fault for fault in (f"store {kind}", how) if fault not in {"store sound", "none"})
        start = time.monotonic()
        self._dirty.run("dvc", "repro", "--no-run-cache")
        self.recovery.append(time.monotonic() - start)
        self._compare(expected)
        changed = ", ".join(f"{key}={value}" for key, value in values.items())
        return f"{changed}; store {kind}; {how} after {after:.0f} s; recovered in {self.recovery[-1]:.0f} s"

    def _reference(self, values: dict[str, object]) -> Any:
        name = repr(values)
        if name not in self._known:
            for key, value in values.items():
                self._clean.set(key, value)
            self._clean.repro()
            self._known[name] = lock(self._clean)
        return self._known[name]

    def _compare(self, expected: Any) -> None:
        assert lock(self._dirty) == expected
        assert self._dirty.stale() == set()
        data = self._dirty.folder / "data"
        assert not [file for file in data.rglob("*") if file.suffix == ".tmp"]
        assert not list((data / "checkpoints").glob("*"))


def main() -> None:
    """Run the rounds, and print the totals."""
    parser = argparse.ArgumentParser("python -m tests.soak", description=__doc__)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        copies = [copy_project(Path(folder) / name, ROOT / "data/raw") for name in ("clean", "dirty")]
        for copy in copies:
            copy.set("study.seeds", [0])
            copy.run("dvc", "repro")
        soak = Soak(*copies, CHOICES, options.seed)
        for number in range(1, options.rounds + 1):
            print(f"{number:3} {soak.round()}", flush=True)
    print(f"{options.rounds} rounds, {soak.faults.total()} faults, 0 results lost, {time.monotonic() - start:.0f} s")
    print(", ".join(f"{fault} {count}" for fault, count in sorted(soak.faults.items())))
    print(f"recovery: worst {max(soak.recovery):.0f} s, median {sorted(soak.recovery)[len(soak.recovery) // 2]:.0f} s")


if __name__ == "__main__":
    main()
