"""`dvc repro` that runs independent stages at the same time.

DVC runs one stage after another, but several DVC processes can work in one folder. A process locks the project only
while it checks or saves files. While its stage runs, it locks only the inputs and outputs of this stage.
"""

import os
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from graphlib import TopologicalSorter

from latente.errors import LatenteError
from latente.stages import why


def repro(target: str, jobs: int) -> None:
    """Run the stages of a pipeline that are not up to date, several at the same time.

    A stage starts after the stages that it depends on.

    Args:
        target: The dvc.yaml file to run; stages of other pipelines run too if it depends on them.
        jobs: Largest number of stages that run at the same time.

    Raises:
        LatenteError: A stage failed. The stages that ran beside it have ended, and no other stage has started.
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
    """The stages that run now. A stage has its own process group, so Ctrl-C does not reach it directly."""

    def __init__(self) -> None:
        self._processes: list[subprocess.Popen[str]] = []

    def stage(self, name: str) -> None:
        """Run one stage, and print its output with the name of the stage before every line.

        Raises:
            LatenteError: The stage failed.
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
            raise LatenteError(f"stage {name} failed; its output is above")
        print(f"{name:16} done in {time.monotonic() - start:.0f} s", flush=True)

    def interrupt(self) -> None:
        """Send SIGINT, the signal of Ctrl-C, to every running stage."""
        for process in self._processes:
            if process.poll() is None:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGINT)


def _below(changed: Iterable[str], above: Mapping[str, Iterable[str]]) -> set[str]:
    """The stages that changed, and all stages that depend on them."""
    below = set(changed)
    while more := {stage for stage, names in above.items() if stage not in below and not below.isdisjoint(names)}:
        below |= more
    return below
