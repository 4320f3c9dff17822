"""One stage as a task of Dask: a thread that waits for the DVC process of the stage."""

import logging
import os
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress

import psutil
from distributed import Event

from latente.errors import LatenteError
from latente.stages.forkserver import client
from latente.stages.progress import LOG
from latente.stages.why import DVC

STOP = "stop"
"""The event of Dask after which no stage starts."""

_HINTS = ("Use `dvc push`", "To track the changes with git", "\tgit add", "To enable auto staging", "\tdvc config")
"""The first words of the lines of DVC that do not help here."""


class NotStartedError(LatenteError):
    """The stage did not start, because another stage failed or the user stopped the run."""


def run(stage: str, environment: Mapping[str, str], _: object) -> tuple[float, bool]:
    """Run one stage, and log its output with the name of the stage before every line.

    Args:
        stage: Its name.
        environment: The variables of the process.
        _: The results of the stages that it depends on.

    Returns:
        The seconds of the stage, and whether DVC really ran it; it may be up to date, or in the cache.

    Raises:
        NotStartedError: `STOP` is set.
        LatenteError: The stage failed, or could not start. `STOP` is now set.
    """
    if Event(STOP).is_set():
        raise NotStartedError(f"stage {stage} did not start")
    start = time.monotonic()
    try:
        status, lines = _run(stage, environment)
    except OSError as error:
        Event(STOP).set()
        raise LatenteError(f"stage {stage} could not start: {error}") from error
    if status:
        if not (LOG.isEnabledFor(logging.INFO) or Event(STOP).is_set()):
            LOG.error("\n".join(f"{stage:16} {line}" for line in lines))
        Event(STOP).set()
        raise LatenteError(f"stage {stage} failed; its output is above")
    return time.monotonic() - start, any(line.startswith("Running stage") for line in lines)


def _run(stage: str, environment: Mapping[str, str]) -> tuple[int, list[str]]:
    """Run one stage; return its exit status and its lines."""
    lines = list[str]()
    with subprocess.Popen(
        [*dvc(environment), "--wait-for-lock", "repro", "--single-item", stage],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        errors="replace",
        start_new_session=True,  # so that Ctrl-C does not reach the stage directly
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.strip() and not line.startswith(_HINTS):
                lines.append(line.rstrip())
                LOG.info("%-16s %s", stage, lines[-1])
    return process.returncode, lines


def dvc(environment: Mapping[str, str]) -> tuple[str, ...]:
    """The command `dvc`; it starts warm if there is a fork server."""
    return DVC if environment.get(client.SERVER, client.OFF) == client.OFF else ("dvc",)


def end(told: set[int], kind: signal.Signals) -> None:
    """Send a signal to the processes of all stages.

    Args:
        told: The processes that have received it; the others are added. A second signal would cut their clean end.
        kind: SIGINT, the signal of Ctrl-C, or SIGKILL.
    """
    for child in psutil.Process().children():
        with suppress(psutil.Error, ProcessLookupError):
            if child.pid not in told and os.getpgid(child.pid) == child.pid:
                told.add(child.pid)
                os.killpg(child.pid, kind)
