"""The tracked run of a stage, written beside its work: a store that fails or stalls costs no result."""

import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from latente.errors import LatenteError
from latente.state import StaleError
from latente.tracking import trouble
from latente.tree import Folder

WAIT_S = 20.0
"""Seconds that a stage waits for the store, in all; its work waits for none of them."""

_INTERRUPTED_S = 5.0
"""Seconds that an interrupted stage waits."""

Step = Callable[[Any], None]
"""Writes something to a `latente.tracking.runs.Tracked`."""


class TrackingError(LatenteError):
    """The store failed, and `tracking.required` says that this is an error."""


class Tracker:
    """A run that is written in order by a thread of its own, which also bears the slow import of mlflow.

    After the first failure nothing more is written, which is said once. The thread dies with the process.
    """

    def __init__(self, stage: str, name: str, tags: Mapping[str, str], *, required: bool) -> None:
        self._name, self._required, self._left = name, required, WAIT_S
        self._steps: SimpleQueue[Step | None] = SimpleQueue()
        self._open, self._trouble = threading.Event(), ""
        self._thread = threading.Thread(target=self._work, args=(stage, dict(tags), _now()), daemon=True)
        self._thread.start()
        if required:
            self._wait(self._open.wait)
            self._raise()

    def params(self, values: Mapping[str, object]) -> None:
        """Log parameters, each once."""
        self._steps.put(lambda run: run.params(values))

    def metrics(self, values: Mapping[str, float], step: int = 0) -> None:
        """Log numbers, at a step."""
        now = _now()
        self._steps.put(lambda run: run.metrics(values, step, now=now))

    def tags(self, values: Mapping[str, str]) -> None:
        """Set tags."""
        self._steps.put(lambda run: run.tags({name: trouble.hide(value) for name, value in values.items()}))

    def artifact(self, file: Path, folder: str | None) -> None:
        """Log a file, under a folder if one is named."""
        self._steps.put(lambda run: run.artifact(file, folder))

    def dataset(self, name: str, digest: str, source: str) -> None:
        """Log the data that the run used, with its digest."""
        self._steps.put(lambda run: run.dataset(name, digest, source))

    def child(self, name: str, tags: Mapping[str, str], metrics: Mapping[str, float]) -> None:
        """Log a finished run under this one."""

        def write(run: Any) -> None:
            child = run.child(name, tags)
            child.metrics(metrics)
            child.end("FINISHED")

        self._steps.put(write)

    def publish(self) -> None:
        """Publish the study as rows that compare; if stages are stale there is nothing to publish, which is said."""

        def write(_: Any) -> None:
            from latente.tracking import results  # noqa: PLC0415 (mlflow is slow to import)

            try:
                results.publish(Folder(), reported=True)
            except StaleError as error:
                self._say(f"not published: {error}")

        self._steps.put(write)

    def close(self, status: str) -> None:
        """End the run as FINISHED, FAILED or KILLED, and wait until all is written, but not for long.

        Raises:
            TrackingError: The store failed, or is too slow, and tracking is required; not of a run that failed itself.
        """
        now = _now()
        self._steps.put(lambda run: run.end(status, now=now))
        self._steps.put(None)
        if status == "KILLED":
            self._left = min(self._left, _INTERRUPTED_S)
        if not self._wait(self._joined):
            self._fail("it did not answer in time")
        if status == "FINISHED":
            self._raise()

    def _work(self, stage: str, tags: Mapping[str, str], now: int) -> None:
        try:
            from latente.tracking import runs  # noqa: PLC0415 (slow to import: here it costs the stage no time)

            run = runs.begin(stage, self._name, tags, now=now)
            self._open.set()
            while (step := self._steps.get()) is not None:
                step(run)
        except Exception as error:  # noqa: BLE001 (whatever a store may raise, the stage goes on)
            self._fail(trouble.reason(error))
        self._open.set()

    def _fail(self, reason: str) -> None:
        if self._trouble:
            return
        self._trouble = reason
        if not self._required:
            self._say(
                f"not tracked wholly: the tracking store failed ({self._trouble}). The results are complete; when the "
                "store answers again, `latente publish` writes them there"
            )

    def _say(self, text: str) -> None:
        print(f"{self._name}: {trouble.hide(text)}", file=sys.stderr, flush=True)

    def _raise(self) -> None:
        if self._required and (self._trouble or not self._open.is_set()):
            reason = self._trouble or "it did not answer in time"
            raise TrackingError(
                f"the tracking store failed ({reason}), and tracking.required is true in params.yaml; mend the store, "
                "or set it to false to go on without"
            )

    def _wait(self, until: Callable[[float], bool]) -> bool:
        start = time.monotonic()
        done = until(max(self._left, 0))
        self._left -= time.monotonic() - start
        return done

    def _joined(self, seconds: float) -> bool:
        self._thread.join(seconds)
        return not self._thread.is_alive()


def _now() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000
