"""Stages as tasks of Dask. A stage starts after the stages above it, when its threads and its memory are free."""

import logging
import math
import os
import signal
import subprocess
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from graphlib import TopologicalSorter
from typing import Any

import dask
from distributed import Client, Event, Future, LocalCluster, wait
from distributed.system import MEMORY_LIMIT
from joblib import cpu_count

from latente.errors import LatenteError
from latente.stages import command
from latente.stages.command import NotStartedError
from latente.stages.graph import Graph
from latente.stages.progress import LOG, SCRATCH, Progress

_PRIVATE = "127.0.0.1:0"
"""Any free port, for this machine only. Dask always opens one port for its scheduler and one for its worker."""

_CONFIG = {
    "distributed.scheduler.worker-ttl": None,  # the only worker is alive, even after Ctrl-Z
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "1s",
    "distributed.admin.system-monitor.interval": "10s",
}
"""By default, Dask watches itself a hundred times a second, which costs 7 % of a core."""

Tasks = dict[str, Future[tuple[float, bool]]]
"""Stage -> its task, which returns what `command.run` returns."""


def run(graph: Graph, stale: Collection[str], jobs: int | None, environment: Mapping[str, str]) -> None:
    """Run stages, and log each end with the time that is left.

    Args:
        graph: The pipeline.
        stale: The stages to run.
        jobs: Largest number of stages that run at the same time. By default, only threads and memory limit it.
        environment: The variables of the processes.

    Raises:
        LatenteError: A stage failed. The stages that ran beside it have ended, and no other stage has started.
    """
    needs, machine = _integers(graph, stale, jobs)
    at_once = max(1, min(machine[kind] // max(need[kind] for need in needs.values()) for kind in machine))
    progress = Progress(stale, graph.above, at_once)
    tasks, longest = Tasks(), progress.paths()
    with _cluster(jobs or cpu_count(), machine) as client:
        try:
            for stage in _in_order(graph, stale):
                above = [tasks[other] for other in graph.above[stage] if other in tasks]
                tasks[stage] = client.submit(
                    command.run,
                    stage,
                    environment,
                    above,
                    key=stage,
                    resources=needs[stage],
                    priority=longest[stage],  # the stage before the longest path starts first
                )
            _wait(tasks, progress)
        except BaseException:
            _interrupt(tasks.values())
            raise
    _check(graph.target, environment)


def _integers(
    graph: Graph, stale: Collection[str], jobs: int | None
) -> tuple[dict[str, dict[str, int]], dict[str, int]]:
    """What each stage needs, and what the machine has: threads, and memory in MB.

    Dask adds and subtracts these numbers, so they are integers. A stage that needs more than all gets all. A user who
    gives a number of jobs accepts more threads than cores.
    """
    threads = {stage: math.ceil(graph.needs[stage]["threads"]) for stage in stale}
    cores = cpu_count() if jobs is None else jobs * max(threads.values())
    machine = {"threads": cores, "memory": max(1, MEMORY_LIMIT // 10**6)}
    needs = {
        stage: {
            "threads": min(threads[stage], machine["threads"]),
            "memory": min(math.ceil(graph.needs[stage]["memory"] * 1000), machine["memory"]),
        }
        for stage in stale
    }
    return needs, machine


@contextmanager
def _cluster(jobs: int, machine: Mapping[str, int]) -> Iterator[Client]:
    """A cluster inside this process. It does not read the settings of the user, which are for other clusters.

    Raises:
        LatenteError: The cluster could not start.
    """
    dask.config.refresh(paths=[], env={})
    with ExitStack() as stack:
        stack.enter_context(dask.config.set(_CONFIG))
        try:
            cluster = LocalCluster(
                n_workers=1,
                threads_per_worker=jobs,
                processes=False,
                protocol="inproc://",
                memory_limit=0,  # Dask would limit the memory of this process; the stages are other processes
                dashboard_address=_PRIVATE,
                worker_dashboard_address=_PRIVATE,
                silence_logs=logging.CRITICAL,
                local_directory=str(SCRATCH.resolve()),
                resources=machine,
            )
        except (OSError, RuntimeError) as error:
            raise LatenteError(f"the stages could not start: {error}") from error
        yield stack.enter_context(Client(stack.enter_context(cluster)))


def _in_order(graph: Graph, stale: Collection[str]) -> list[str]:
    wanted = set(stale)
    return [stage for stage in TopologicalSorter(graph.above).static_order() if stage in wanted]


def _wait(tasks: Tasks, progress: Progress) -> None:
    """Wait until all tasks have ended. If a stage fails, no other stage starts."""
    failures, stages = list[BaseException](), {task: stage for stage, task in tasks.items()}
    with progress.bar() as bar:
        while stages:
            for task in _ended(stages):
                stage = stages.pop(task)
                if error := task.exception():
                    failures += [] if isinstance(error, NotStartedError) else [error]
                    continue
                seconds, ran = task.result()
                progress.done(stage, seconds if ran else None)
                LOG.info("%-16s done in %.0f s; %s", stage, seconds, progress)
                bar.update()
            bar.set_description_str(str(progress))
    if failures:
        raise failures[0]


def _ended(tasks: Collection[Future[Any]]) -> Collection[Future[Any]]:
    """The tasks that end in the next second; as soon as there is one."""
    with suppress(TimeoutError):
        return list(wait(list(tasks), timeout=1, return_when="FIRST_COMPLETED").done)
    return []


def _interrupt(tasks: Collection[Future[Any]]) -> None:
    """Interrupt the stages that run, and wait until they have ended. A second Ctrl-C kills them."""
    Event(command.STOP).set()
    told = set[int]()
    try:
        while not all(task.done() for task in tasks):
            command.end(told, signal.SIGINT)
            time.sleep(0.1)
    except KeyboardInterrupt:
        command.end(set(), signal.SIGKILL)
        raise


def _check(target: str, environment: Mapping[str, str]) -> None:
    """Let DVC look at the whole pipeline once more; it runs what it does not find up to date."""
    with subprocess.Popen(
        [*command.dvc(environment), "repro", target],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,  # so that Ctrl-C reaches it once
    ) as process:
        try:
            output = process.communicate()[0]
        except BaseException:
            os.killpg(process.pid, signal.SIGINT)
            process.wait()
            raise
    if process.returncode:
        raise LatenteError(f"{output.strip()}\ndvc repro failed")
