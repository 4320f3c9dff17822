"""Time of whole studies in copies of the project: time of each stage, and how it grows."""

import math
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from mlflow import MlflowClient
from ruamel.yaml import YAML

from benchmarks import rounds, text
from benchmarks.rounds import Times
from latente.project import paths
from latente.stages import why
from latente.study import tables
from latente.tracking.runs import STAGES

Seconds = dict[str, list[float]]
"""Stage -> seconds of its work, one value for each model and seed."""

_SMALL = {
    "study.models": ["vae"],
    "study.seeds": [0],
    "study.latent_dim": 8,
    "split.train": 10_000,
    "split.validation": 1_000,
    "split.test": 2_500,
    "train.epochs": 3,
    "analyses.prior.samples": 1_000,
    "analyses.manifold.epochs": 2,
    "claims.tested": {},
}
_LARGER: dict[str, tuple[float, dict[str, object]]] = {
    "images": (4, {"split.train": 40_000, "split.validation": 4_000, "split.test": 10_000}),
    "latent dimensions": (4, {"study.latent_dim": 32}),
    "seeds": (3, {"study.seeds": [0, 1, 2]}),
    "models": (2, {"study.models": ["ae", "vae"]}),
}
"""What grows -> the factor, and the changed parameters."""

_TIMED = 1.0  # seconds; the growth of shorter stages is not reported


@dataclass(frozen=True)
class Whole:
    """The default study: seconds of its stages, seconds of the whole run, and seconds of starts after it."""

    stages: Seconds
    seconds: float
    starts: Times


def default() -> Whole:
    """Run the default study with an empty DVC cache; the images come from data/raw."""
    with _copy({}) as folder:
        start = time.perf_counter()
        _run(folder, "latente", "repro")
        seconds = time.perf_counter() - start
        return Whole(_worked(folder), seconds, _starts(folder))


def growth() -> dict[str, dict[str, float]]:
    """What grows -> stage -> the exponent of the growth of its seconds."""
    base = _small({})
    found: dict[str, dict[str, float]] = {}
    for name, (factor, changes) in _LARGER.items():
        larger = _small(changes)
        found[name] = {
            stage: math.log(sum(larger[stage]) / sum(seconds), factor)
            for stage, seconds in base.items()
            if sum(larger[stage]) > _TIMED
        }
    return found


def _small(changes: Mapping[str, object]) -> Seconds:
    with _copy({**_SMALL, **changes}) as folder:
        _run(folder, "latente", "repro")
        return _worked(folder)


@contextmanager
def _copy(changes: Mapping[str, object]) -> Iterator[Path]:
    """A copy of the files in git, with changed parameters and an empty DVC cache."""
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
        subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)
        yield folder


def _environment(folder: Path) -> dict[str, str]:
    own = {"MLFLOW_TRACKING_URI": f"sqlite:///{folder / 'mlflow.db'}", "MLFLOW_DISABLE_TELEMETRY": "true"}
    return {**os.environ, **own, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}


def _run(folder: Path, *command: str) -> None:
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL, env=_environment(folder))


def _worked(folder: Path) -> Seconds:
    """Seconds between start and end of the run of every stage; the imports before the start do not count."""
    client = MlflowClient(_environment(folder)["MLFLOW_TRACKING_URI"])
    experiment = client.get_experiment_by_name(STAGES)
    assert experiment is not None
    found: Seconds = {}
    for run in client.search_runs([experiment.experiment_id], max_results=10_000, order_by=["start_time ASC"]):
        if "mlflow.parentRunId" not in run.data.tags:
            found.setdefault(run.info.run_name.split()[0], []).append((run.info.end_time - run.info.start_time) / 1000)
    return found


def _starts(folder: Path) -> Times:
    """The time before any work begins: the wait of a person or of a stage."""
    python = sys.executable
    stages = sorted(file.stem for file in Path("pipeline").glob("[a-z]*.py"))
    commands: dict[str, tuple[str, ...]] = {
        f"stage {name}": (python, "-c", f"import pipeline.{name}") for name in stages
    }
    commands |= {
        "import latente": (python, "-c", "import latente"),
        "latente params": ("latente", "params"),
        "dvc status": (*why.DVC, "status", "dvc.yaml"),
        "dvc repro, nothing to do": (*why.DVC, "repro"),
        "latente repro, nothing to do": ("latente", "repro"),
    }
    return rounds.interleaved({name: partial(_run, folder, *command) for name, command in commands.items()}, 2)


def to_markdown(whole: Whole, exponents: Mapping[str, Mapping[str, float]], cores: int) -> str:
    """The sections of docs/performance.md."""
    rows = [
        [stage, str(len(seconds)), f"{sum(seconds) / len(seconds):.1f}", f"{sum(seconds):.0f}"]
        + [f"{found[stage]:.2f}" if stage in found else "–" for found in exponents.values()]
        for stage, seconds in whole.stages.items()
    ]
    head = ["stage", "runs", "seconds per run", "sum", *exponents]
    work = sum(sum(seconds) for seconds in whole.stages.values())
    starts = [[name, rounds.spread(found, 1)] for name, found in whole.starts.items()]
    factors = ", ".join(f"{name} {factor:g}" for name, (factor, _) in _LARGER.items())
    return "\n\n".join(
        [
            "## The default study",
            text.paragraph(
                f"`latente repro` takes **{whole.seconds / 60:.1f} minutes** with an empty DVC cache, images in a",
                f"folder, and {cores} stages at the same time. The sum over all stages is {work / 60:.1f} minutes,",
                "without the starts of Python and DVC. The table has the seconds of each stage, without its imports.",
                "The last columns have the exponents of the growth of these seconds, measured on a small study of one",
                f"model and seed (factors: {factors}). A stage under {_TIMED:g} s has – there.",
            ),
            tables.render("markdown", head, rows),
            "## Starts",
            "Seconds of the whole process: the median and the range of two runs. The time of a stage is for imports.",
            tables.render("markdown", ["what", "seconds"], starts),
        ]
    )
