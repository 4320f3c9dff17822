"""The time of `make test` and of `make test-fast`."""

import os
import re
import resource
import subprocess
import time
from collections.abc import Mapping

from benchmarks import text
from latente.study import tables

_WITHOUT_BENCH = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "TQDM_DISABLE"}}

Suite = Mapping[str, tuple[str, float, float]]
"""Command -> its summary, its seconds and its processor seconds."""


def measure() -> Suite:
    """Run both commands."""
    return {f"make {name}": _timed(name) for name in ("test-fast", "test")}


def _timed(name: str) -> tuple[str, float, float]:
    start, before = time.perf_counter(), _processor()
    done = subprocess.run(["make", name], capture_output=True, text=True, check=True, env=_WITHOUT_BENCH)
    found = re.findall(r"\d+ (?:passed|failed|skipped|error)", done.stdout)
    return ", ".join(found), time.perf_counter() - start, _processor() - before


def _processor() -> float:
    """The processor seconds of all child processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def to_markdown(suite: Suite, cores: int) -> str:
    """The part of docs/performance.md about the tests."""
    rows = [[name, found, f"{seconds / 60:.1f}", f"{busy / 60:.1f}"] for name, (found, seconds, busy) in suite.items()]
    return "\n\n".join(
        [
            "## Tests",
            text.paragraph(f"The time of the tests on {cores} cores, without the installation of packages."),
            tables.render("markdown", ["command", "tests", "minutes", "processor minutes"], rows),
        ]
    )
