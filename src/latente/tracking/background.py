"""The MLflow run of a stage. A separate thread writes it, so a store that fails or stalls costs no result."""

import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from latente.errors import LatenteError
from latente.study.stored import StaleError
from latente.study.tree import Folder
from latente.tracking import trouble
from latente.tracking.silence import Silence

WAIT_S = 20.0
"""A finished stage stops waiting for the store after this many seconds of silence. The work never waits."""

_INTERRUPTED_S = 5.0
"""An interrupted stage stops waiting after this many seconds of silence."""

MetricPoint = tuple[str, float, int, int]
"""Name, value, milliseconds since 1970, and step of a metric."""

Step = Callable[[Any], None]
"""Writes to a `latente.tracking.runs.StoredRun`. Its type here is `Any`, because its module imports mlflow."""


class TrackingError(LatenteError):
    """The store failed, and `tracking.required` is true in params.yaml."""


class BackgroundRun:
    """A run that a separate thread writes in order; this thread also does the slow import of mlflow.

    After the first failure, the thread writes only the end of the run, and one message reports the failure. The thread
    ends with the process. If tracking is required, the constructor waits until the run is open.

    Raises:
        TrackingError: The store failed, and tracking is required.
    """

    def __init__(self, stage: str, name: str, tags: Mapping[str, str], *, required: bool) -> None:
        self._name, self._required = name, required
        self._steps: SimpleQueue[Step | None] = SimpleQueue()
        self._end: Step = lambda _: None
        self._points: list[MetricPoint] = []
        self._open, self._trouble, self._lock = threading.Event(), "", threading.Lock()
        self._silence = Silence()
        self._thread = threading.Thread(target=self._work, args=(stage, dict(tags), _now()), daemon=True)
        self._thread.start()
        if required:
            self._open.wait()
            self._raise()

    def params(self, values: Mapping[str, object]) -> None:
        """Log parameters. The store accepts one value for a parameter."""
        self._steps.put(lambda run: run.params(values))

    def metrics(self, values: Mapping[str, float], step: int = 0) -> None:
        """Log metrics at a step. Metrics of several steps go to the store together if the steps follow quickly."""
        now = _now()
        with self._lock:
            self._points += [(name, value, now, step) for name, value in values.items()]
        self._steps.put(self._gathered)

    def _gathered(self, run: Any) -> None:
        with self._lock:
            points, self._points = self._points, []
        run.points(points)

    def tags(self, values: Mapping[str, str]) -> None:
        """Set tags."""
        self._steps.put(lambda run: run.tags(values))

    def error(self, error: BaseException) -> None:
        """Log the error that ended the stage."""
        text = trouble.hide(f"{type(error).__name__}: {error}")[:5000]
        self._steps.put(lambda run: run.tags({"error": text}))

    def artifact(self, file: Path, folder: str | None) -> None:
        """Log a file, in a folder of the artifacts if `folder` is given."""
        self._steps.put(lambda run: run.artifact(file, folder))

    def dataset(self, name: str, digest: str, source: str) -> None:
        """Log the data that the run used, and the digest of the data."""
        self._steps.put(lambda run: run.dataset(name, digest, source))

    def child(self, name: str, tags: Mapping[str, str], metrics: Mapping[str, float]) -> None:
        """Log a finished child run."""

        def write(run: Any) -> None:
            child = run.child(name, tags)
            child.metrics(metrics)
            child.end("FINISHED")

        self._steps.put(write)

    def publish(self) -> None:
        """Publish the study as rows. If stages are stale, print a message and publish nothing."""

        def write(_: Any) -> None:
            from latente.tracking import results  # noqa: PLC0415 (mlflow is slow to import)

            try:
                results.publish(Folder(), reported=True, silence=self._silence)
            except StaleError as error:
                self._say(f"not published: {error}")

        self._steps.put(write)

    def close(self, status: str) -> None:
        """Close the run as FINISHED, FAILED or KILLED, and wait until everything is written.

        The wait ends after 20 seconds in which the store wrote nothing, or after 5 such seconds if the stage was
        interrupted. For a finished stage with required tracking, the wait ends only when the store answers or fails.

        Raises:
            TrackingError: The store failed, tracking is required, and the stage itself finished.
        """
        now = _now()
        self._end = lambda run: run.end(status, now=now)
        self._steps.put(None)
        wait = {"KILLED": _INTERRUPTED_S, "FINISHED": None if self._required else WAIT_S}.get(status, WAIT_S)
        try:
            self._join(wait)
        except KeyboardInterrupt:
            if status != "FINISHED":
                raise
            self._fail("the wait was interrupted")  # the work is done, so DVC must see a success
        if self._thread.is_alive():
            self._fail("it did not answer in time")
        if status == "FINISHED":
            self._raise()

    def _join(self, wait: float | None) -> None:
        """Wait until the thread ends, or until the store has been silent for `wait` seconds."""
        self._silence.end()
        while self._thread.is_alive() and (wait is None or self._silence.seconds() < wait):
            self._thread.join(None if wait is None else max(0.1, wait - self._silence.seconds()))

    def _work(self, stage: str, tags: Mapping[str, str], now: int) -> None:
        try:
            with self._silence.paused():
                from latente.tracking import runs  # noqa: PLC0415 (slow to import; the stage does not wait for it)

            run = runs.begin(stage, self._name, tags, self._silence, now=now)
            self._open.set()
            self._write(run)
            self._end(run)
        except Exception as error:  # noqa: BLE001 (no error of a store may stop the stage)
            self._fail(trouble.reason(error))
        finally:
            self._open.set()

    def _write(self, run: Any) -> None:
        """Write the steps; after a failure, discard the rest."""
        while (step := self._steps.get()) is not None:
            try:
                if not self._trouble:
                    step(run)
                    self._silence.end()
            except Exception as error:  # noqa: BLE001 (as above)
                self._fail(trouble.reason(error))

    def _fail(self, reason: str) -> None:
        with self._lock:
            if self._trouble:
                return
            self._trouble = reason
        if not self._required:
            self._say(
                f"tracking is incomplete, but no result is lost: the tracking store failed ({reason}). When it works "
                "again, run `latente publish` to write the study there"
            )

    def _say(self, text: str) -> None:
        print(f"{self._name}: {trouble.hide(text)}", file=sys.stderr, flush=True)

    def _raise(self) -> None:
        if self._required and self._trouble:
            raise TrackingError(
                f"the tracking store failed ({self._trouble}), and tracking.required is true in params.yaml; fix the "
                "store, or set tracking.required to false to run without it"
            )


def _now() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000
