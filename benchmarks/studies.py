"""Copies of the project with changed parameters, and the time and processor time of the stages of the default study."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mlflow import MlflowClient
from ruamel.yaml import YAML

from benchmarks import text
from latente.project import paths
from latente.study import tables
from latente.tracking.runs import STAGES

Times = dict[str, list[float]]
"""Stage -> one value in seconds for each model and seed."""

TINY: dict[str, object] = {
    "split.train": 400,
    "split.validation": 100,
    "split.judge": 400,
    "split.test": 200,
    "study.seeds": [0, 1],
    "train.epochs": 2,
    "judge.networks": 2,
    "judge.epochs": 1,
    "analyses.prior.samples": 100,
    "analyses.prior.components": [1, 2],
    "analyses.prior.fitted": 400,
    "analyses.prior.memory": 20,
    "analyses.gap.samples": 100,
    "analyses.gap.fitted": 400,
    "analyses.projection.images": 150,
    "analyses.separation.clustered": 100,
    "analyses.separation.labels": [1, 5],
    "analyses.separation.draws": 2,
    "analyses.geometry.images": 150,
    "analyses.geometry.other_neighbours": [5],
    "analyses.geometry.other_images": [100],
    "analyses.stitching.images": 100,
    "analyses.responses.images": 60,
    "analyses.responses.pairs": 20,
    "analyses.responses.steps": 5,
    "analyses.representation.images": 150,
    "analyses.generalisation.fitted": 400,
    "analyses.manifold.dims": [2],
    "analyses.manifold.images": 300,
    "analyses.manifold.held_out": 150,
    "analyses.manifold.epochs": 2,
    "analyses.manifold.samples": 100,
    "explore.images": 100,
    "explore.plane.hidden": [16, 16],
    "explore.plane.epochs": 2,
}
"""Parameters of a study on a few hundred images."""


@dataclass(frozen=True)
class Study:
    """The time of a study.

    Attributes:
        seconds: Seconds of the whole run.
        work: Seconds of each stage, without its imports.
        cores: Processor seconds of each stage, with the imports of the stages that started cold.
    """

    seconds: float
    work: Times
    cores: Times


def default() -> Study:
    """Run the default study with an empty DVC cache; the images come from data/raw."""
    with copy({}) as folder:
        return timed(folder)


def timed(folder: Path, **variables: str) -> Study:
    """Run the study of a folder with `latente repro`."""
    start = time.perf_counter()
    run(folder, "latente", "repro", **variables)
    seconds = time.perf_counter() - start
    client = MlflowClient(_environment(folder)["MLFLOW_TRACKING_URI"])
    experiment = client.get_experiment_by_name(STAGES)
    assert experiment is not None
    work, cores = Times(), Times()
    for one in client.search_runs([experiment.experiment_id], max_results=10_000, order_by=["start_time ASC"]):
        if "mlflow.parentRunId" not in one.data.tags:
            stage = one.info.run_name.split()[0]
            work.setdefault(stage, []).append((one.info.end_time - one.info.start_time) / 1000)
            cores.setdefault(stage, []).append(one.data.metrics["cpu_seconds"])
    return Study(seconds, work, cores)


@contextmanager
def copy(changes: Mapping[str, object], *, claims: bool = True) -> Iterator[Path]:
    """A copy of the files in git, with changed parameters and an empty DVC cache. It can be without claims."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        listed = subprocess.run(["git", "ls-files", "-z"], check=True, capture_output=True, text=True).stdout
        for file in filter(None, listed.split("\0")):
            if Path(file).is_file():
                (folder / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(file, folder / file)
        (folder / paths.lock()).unlink()
        yaml, where = YAML(), folder / paths.params()
        params = yaml.load(where)
        for key, value in {**changes, "fetch.folder": str(paths.raw().resolve())}.items():
            *parents, last = key.split(".")
            section = params
            for parent in parents:
                section = section[parent]
            section[last] = value
        yaml.dump(params, where)
        if not claims:
            (folder / paths.claims()).write_text("claims: {}\n")
        subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)
        yield folder


def _environment(folder: Path) -> dict[str, str]:
    own = {"MLFLOW_TRACKING_URI": f"sqlite:///{folder / 'mlflow.db'}", "MLFLOW_DISABLE_TELEMETRY": "true"}
    return {**os.environ, **own, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}


def run(folder: Path, *command: str, **variables: str) -> None:
    """Run a command in a copy, with its own tracking store."""
    environment = {**_environment(folder), **variables}
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL, env=environment)


def to_markdown(study: Study, cores: int) -> str:
    """The part of docs/performance.md about the default study."""
    rows = [
        [
            stage,
            str(len(seconds)),
            f"{sum(seconds) / len(seconds):.1f}",
            f"{sum(seconds):.0f}",
            f"{sum(study.cores[stage]):.0f}",
        ]
        for stage, seconds in study.work.items()
    ]
    head = ["stage", "runs", "seconds per run", "sum", "processor seconds"]
    work, busy = (sum(map(sum, times.values())) for times in (study.work, study.cores))
    return "\n\n".join(
        [
            "## The default study",
            text.paragraph(
                f"`latente repro` takes **{study.seconds / 60:.1f} minutes** with an empty DVC cache, images in a",
                f"folder, and {cores} stages at the same time. The sum over all stages is {work / 60:.1f} minutes, and",
                f"{busy / 60:.1f} minutes of a processor. The seconds of a stage have no imports; its processor",
                "seconds have those of a stage that started before the fork server was ready. DVC is not in them.",
            ),
            tables.render("markdown", head, rows),
        ]
    )
