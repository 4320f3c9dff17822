"""`dvc repro`, with stages that do not wait for each other side by side.

DVC itself runs one stage after another, but lets several of its processes work in one folder: each holds the project's
lock only while it looks at files or saves them, and locks what its stage reads and writes while that runs.
"""

import os
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from graphlib import TopologicalSorter

from latente import why
from latente.errors import LatenteError


def repro(target: str, jobs: int) -> None:
    """Run the stages of a pipeline that are not up to date, in an order that DVC would run them in, several at once.

    Args:
        target: A dvc.yaml; stages of others that it needs run too.
        jobs: How many stages run at once.

    Raises:
        LatenteError: A stage failed; those that ran beside it have ended, no other has begun.
    """
    above = why.above(target)
    stale = _below(why.changes(target), above)
    order = TopologicalSorter({stage: [name for name in above[stage] if name in stale] for stage in stale})
    order.prepare()
    running = _Running()
    with ThreadPoolExecutor(jobs) as pool:
        stages: dict[Future[None], str] = {}
        try:
            while order.is_active():
                ready = set(order.get_ready())
                stages |= {pool.submit(running.stage, name): name for name in above if name in ready}
                for future in wait(stages, return_when=FIRST_COMPLETED).done:
                    future.result()
                    order.done(stages.pop(future))
        except BaseException as error:
            pool.shutdown(wait=False, cancel_futures=True)
            if isinstance(error, KeyboardInterrupt):
                running.interrupt()
            raise
    done = subprocess.run(
        [*why.DVC, "repro", target], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode:
        raise LatenteError(f"{done.stdout.strip()}\ndvc repro failed")
    print(done.stdout.splitlines()[-1])


class _Running:
    """The stages that run now, each in a process group of its own, so that only we interrupt them."""

    def __init__(self) -> None:
        self._processes: list[subprocess.Popen[str]] = []

    def stage(self, name: str) -> None:
        """Run one stage, its name before every line that it prints.

        Raises:
            LatenteError: It failed.
        """
        start = time.monotonic()
        with subprocess.Popen(
            [*why.DVC, "--wait-for-lock", "repro", "--single-item", name],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        ) as process:
            self._processes.append(process)
            assert process.stdout is not None
            for line in filter(str.strip, process.stdout):
                print(f"{name:16} {line}", end="", flush=True)
        if process.returncode:
            raise LatenteError(f"stage {name} failed, as it says above")
        print(f"{name:16} done in {time.monotonic() - start:.0f} s", flush=True)

    def interrupt(self) -> None:
        """As Ctrl-C does."""
        for process in self._processes:
            if process.poll() is None:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGINT)


def _below(changed: Iterable[str], above: Mapping[str, Iterable[str]]) -> set[str]:
    """The stages that changed, and all that come after one."""
    found = set(changed)
    while more := {stage for stage, names in above.items() if stage not in found and not found.isdisjoint(names)}:
        found |= more
    return found
