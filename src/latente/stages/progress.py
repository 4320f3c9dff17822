"""What a person sees of a run: the lines of the stages, how many have run, and how long the others will take."""

import json
import logging
import math
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

from tqdm import tqdm
from tqdm.contrib.logging import logging_redirect_tqdm

from latente.project import files

LOG = logging.getLogger("latente.stages")
"""The log of a run. What a stage prints has the level INFO; what a failed stage printed, the level ERROR."""

SCRATCH = Path(".dvc/tmp/latente")
"""Files that no result depends on."""

_SECONDS = SCRATCH / "seconds.json"
"""Stage -> the seconds of its last run on this machine."""

_BAR = "{bar:20} {desc} [{elapsed}]"


@contextmanager
def shown(*, quiet: bool) -> Iterator[None]:
    """Show the log on standard output, above the progress bar; if `quiet` is true, only errors."""
    handler = logging.StreamHandler(sys.stdout)
    LOG.addHandler(handler)
    LOG.setLevel(logging.ERROR if quiet else logging.INFO)
    try:
        with logging_redirect_tqdm([LOG]):
            yield
    finally:
        LOG.removeHandler(handler)


class Progress:
    """The stages that one call runs.

    Args:
        stale: The stages to run.
        above: Stage -> the stages that it depends on.
        jobs: The number of stages that run at the same time.
    """

    def __init__(self, stale: Iterable[str], above: Mapping[str, set[str]], jobs: int) -> None:
        self._left, self._jobs, self._seconds = set(stale), jobs, _read()
        self._all, self._above = len(self._left), above
        self._below = {stage: {other for other in self._left if stage in above[other]} for stage in self._left}
        self._ready: dict[str, float] = {}
        self._note_ready()

    def bar(self) -> "tqdm[Any]":
        """A bar on a terminal. In a log, and if only errors are shown, there is none."""
        silent = True if not LOG.isEnabledFor(logging.INFO) else None
        return tqdm(total=self._all, desc=str(self), bar_format=_BAR, disable=silent, leave=False)

    def done(self, stage: str, seconds: float | None) -> None:
        """Note that a stage has ended, and how long it took; None if DVC did not need to run it."""
        self._left.discard(stage)
        self._ready.pop(stage, None)
        self._note_ready()
        if seconds is None:
            return
        self._seconds[stage] = seconds
        with suppress(OSError):  # a full disk; the stages report it
            files.write(_SECONDS, json.dumps(self._seconds, indent=1).encode())

    def paths(self) -> dict[str, float]:
        """Stage -> the expected seconds of the longest path that starts with it, over the stages that are left."""

        @cache
        def path(stage: str) -> float:
            return self._remaining(stage) + max(map(path, self._below[stage] & self._left), default=0.0)

        return {stage: path(stage) for stage in self._left}

    def __str__(self) -> str:
        """For instance `12 of 38 stages, about 4 min left`; without the time if the seconds of a stage are unknown."""
        count = f"{self._all - len(self._left)} of {self._all} stages"
        if not self._left or any(self._expected(stage) is None for stage in self._left):
            return count
        left = max(sum(map(self._remaining, self._left)) / self._jobs, *self.paths().values())
        return f"{count}, about {f'{left / 60:.0f} min' if left >= 90 else f'{left:.0f} s'} left"

    def _note_ready(self) -> None:
        """Note the time for the stages whose inputs are now ready."""
        for stage in self._left - self._ready.keys():
            if self._left.isdisjoint(self._above[stage]):
                self._ready[stage] = time.monotonic()

    def _remaining(self, stage: str) -> float:
        """The expected seconds of a stage, without those that it has run. If few are ready, all of them run."""
        ran = time.monotonic() - self._ready.get(stage, math.inf) if len(self._ready) <= self._jobs else 0.0
        return max(0.0, (self._expected(stage) or 0.0) - max(0.0, ran))

    def _expected(self, stage: str) -> float | None:
        """The seconds of the last run, or the mean over the other items of its matrix."""
        if stage in self._seconds:
            return self._seconds[stage]
        name = stage.partition("@")[0]
        like = [seconds for other, seconds in self._seconds.items() if other.partition("@")[0] == name]
        return sum(like) / len(like) if like else None


def _read() -> dict[str, float]:
    """The seconds of earlier runs; none if the file does not exist or is damaged."""
    with suppress(OSError, ValueError, TypeError, AttributeError):
        return {str(name): float(seconds) for name, seconds in json.loads(_SECONDS.read_bytes()).items()}
    return {}
