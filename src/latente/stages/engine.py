"""Stages as tasks of Dask. A stage starts after the stages above it, when its threads and its memory are free."""

import logging
import math
import subprocess
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from graphlib import TopologicalSorter

from distributed import Client, Event, Future, LocalCluster, wait
from distributed.system import MEMORY_LIMIT
from joblib import cpu_count

from latente.errors import LatenteError
from latente.stages import command
from latente.stages.command import NotStartedError
from latente.stages.graph import Graph
from latente.stages.progress import LOG, Progress

_PRIVATE = "127.0.0.1:0"
"""Any free port, for this machine only. Dask always opens one port for its scheduler and one for its worker."""

Tasks = dict[str, Future[float]]
"""Stage -> its task, which returns the seconds of the stage."""


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
    machine = {"threads": float(cpu_count()) if jobs is None else math.inf, "memory": MEMORY_LIMIT / 1e9}
    needs = {stage: {kind: min(graph.needs[stage][kind], machine[kind]) for kind in machine} for stage in stale}
    threads = max(need["threads"] for need in needs.values())
    progress = Progress(stale, graph.above, jobs or max(1, int(cpu_count() / threads)))
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
        except KeyboardInterrupt:
            _interrupt(tasks.values())
            raise
    _check(graph.target, environment)


@contextmanager
def _cluster(jobs: int, machine: Mapping[str, float]) -> Iterator[Client]:
    """A cluster inside this process."""
    with (
        LocalCluster(
            n_workers=1,
            threads_per_worker=jobs,
            processes=False,
            memory_limit=0,  # Dask would limit the memory of this process; the stages are other processes
            dashboard_address=_PRIVATE,
            worker_dashboard_address=_PRIVATE,
            silence_logs=logging.CRITICAL,
            resources=machine,
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client


def _in_order(graph: Graph, stale: Collection[str]) -> list[str]:
    return [stage for stage in TopologicalSorter(graph.above).static_order() if stage in set(stale)]


def _wait(tasks: Tasks, progress: Progress) -> None:
    """Wait until all tasks have ended; a stage that failed stops those that have not started."""
    failures, stages = list[BaseException](), {task: stage for stage, task in tasks.items()}
    with progress.bar() as bar:
        while stages:
            for task in _ended(stages):
                stage = stages.pop(task)
                if error := task.exception():
                    failures += [] if isinstance(error, NotStartedError) else [error]
                    continue
                progress.done(stage, task.result())
                LOG.info("%-16s done in %.0f s; %s", stage, task.result(), progress)
                bar.update()
            bar.set_description_str(str(progress))
    if failures:
        raise failures[0]


def _ended(tasks: Collection[Future[float]]) -> Collection[Future[float]]:
    """The tasks that end in the next second; as soon as there is one."""
    with suppress(TimeoutError):
        return list(wait(list(tasks), timeout=1, return_when="FIRST_COMPLETED").done)
    return []


def _interrupt(tasks: Collection[Future[float]]) -> None:
    """Interrupt the stages that run, and wait until they have ended."""
    Event(command.STOP).set()
    told = set[int]()
    while not all(task.done() for task in tasks):
        command.interrupt(told)
        time.sleep(0.1)


def _check(target: str, environment: Mapping[str, str]) -> None:
    """Let DVC look at the whole pipeline once more; it runs what it does not find up to date."""
    done = subprocess.run(
        [*command.dvc(environment), "repro", target],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise LatenteError(f"{done.stdout.strip()}\ndvc repro failed")
