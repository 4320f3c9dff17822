"""Helpers of the tests: a copy of the project with a tiny study, servers, mounts, and stages with other bodies."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mlflow import MlflowClient
from mlflow.entities import Run
from PIL import Image
from ruamel.yaml import YAML

from benchmarks.studies import TINY
from latente.data.images import Images
from latente.data.splits import Splits
from latente.determinism import canonical
from latente.measures.judge.ensemble import Judge
from latente.measures.judge.network import Classifier
from latente.project.params import Params
from latente.project.sections import Network, Split
from latente.results import records
from latente.results.result import Result
from latente.sources.specs import mnist
from latente.stages.stage import Context, Stage, stage
from latente.tracking import results

ROOT = Path(__file__).parent.parent

INPUTS = ("data/own/.gitkeep", "reports/confirmation.json", "reports/survey.json")
"""The files of data/ and reports/ that no stage of the study writes."""

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="no chromium, chromium-browser or google-chrome on PATH")

SMALL = Split(train=400, validation=100, judge=400, test=200, pool=False, seed=0)


DIGITS = mnist.KNOWN.data

UNLABELLED = DIGITS.model_copy(update={"classes": ("picture",), "upside_down": (), "turned": ()})

OF_CLASSES = re.compile(
    r"accuracy|corrupted\.lost|class_coverage|neighbour_(class|entropy)|two_classes|probe|silhouette|_ari$|_nmi$|"
    "accepted_right"
)
"""Names of the numbers that need labels."""


def mlp(hidden: tuple[int, ...]) -> Network:
    """A multilayer perceptron with these widths."""
    return Network(name="mlp", hidden=hidden, channels=(4, 8))


def pictures(folder: Path, count: int = 300, mode: str = "L", size: tuple[int, int] = (8, 8)) -> Path:
    """A folder of pictures of two classes: noise that is brighter at the top or at the bottom."""
    generator = np.random.default_rng(count)
    for index in range(count):
        file = folder / ("cat" if index % 2 else "dog") / f"{index:03}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        levels = generator.integers(100, size=(size[1], size[0], *((3,) if mode == "RGB" else ())), dtype=np.uint8)
        bright = slice(0, size[1] // 2) if index % 2 else slice(size[1] // 2, None)
        levels[bright] += 150
        Image.fromarray(levels).save(file)
    return folder


def untrained_judge(threshold: float = 0.0, classes: int = 10) -> Judge:
    """A judge of one network with random weights; with a threshold of 0 it accepts every image, with 1 none."""
    return Judge([Classifier(784, classes).eval()], temperature=1.0, threshold=threshold)


def unlabelled(images: Splits) -> Splits:
    """The same images without labels: all are of one class."""

    def part(one: Images) -> Images:
        return Images(one.pixels, np.zeros_like(one.labels), UNLABELLED.classes)

    return Splits(**{field.name: part(getattr(images, field.name)) for field in fields(images)})


def environment(**variables: str) -> dict[str, str]:
    """Environment of a child process: programs of .venv, code in `src`, no variables of DVC, MLflow or GitHub.

    `python -m`, `dvc` and `latente` start warm; with `LATENTE_FORK_SERVER="off"`, they start cold.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DVC_", "MLFLOW_", "GITHUB_"))}
    return kept | {"PYTHONPATH": "src"} | variables


class Project:
    """A copy of the project in a separate folder, with its own git repository, DVC cache and tracking store."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.params = folder / "params.yaml"
        self.first_store = folder.with_name(f"{folder.name}.db")

    def run(self, *command: str, check: bool = True, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a command in the project, with the programs of .venv."""
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=environment(**variables),
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        if check and done.returncode:
            pytest.fail(f"{' '.join(command)} exited with {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done

    def repro(self, *targets: str) -> list[str]:
        """Run the pipeline, and return the stages that DVC ran, in order."""
        out = self.run("dvc", "repro", *targets).stdout
        return [line.split("'")[1] for line in out.splitlines() if line.startswith("Running stage")]

    def measured(self, analysis: str) -> dict[str, dict[str, float]]:
        """Full name -> seed -> value of every number of one analysis."""
        return records.read(analysis, json.loads((self.folder / f"reports/metrics/{analysis}.json").read_bytes()))

    def stale(self) -> set[str]:
        """The stages that `dvc status` reports as changed, without the stages that depend on them."""
        lines = self.run("dvc", "status", "dvc.yaml").stdout.splitlines()
        return {line.rstrip(":") for line in lines if line and not line[0].isspace() and line.endswith(":")}

    def commit(self, message: str) -> None:
        """Commit all files that git does not ignore."""
        self.run("git", "add", "-A")
        self.run("git", "commit", "-q", "-m", message)

    def twin(self, folder: Path) -> "Project":
        """A clone of the last commit, with all outputs. It shares the DVC cache, and has its own tracking store."""
        self.run("git", "clone", "-q", str(self.folder), str(folder))
        other = Project(folder)
        other.run("git", "config", "user.email", "test@example.org")
        other.run("git", "config", "user.name", "test")
        other.run("dvc", "cache", "dir", "--local", str(self.folder / ".dvc/cache"))
        other.run("dvc", "checkout", "dvc.yaml")  # the cache does not have the outputs of the survey
        return other

    def set(self, key: str, value: object, *, file: str = "params.yaml") -> None:
        """Change one parameter."""
        yaml, path = YAML(), self.folder / file
        document = yaml.load(path.read_text())
        *parents, leaf = key.split(".")
        node = document
        for part in parents:
            node = node[part]
        node[leaf] = value
        with path.open("w") as stream:
            yaml.dump(document, stream)


def client(folder: Path, name: str = "mlflow.db") -> MlflowClient:
    """A client of the SQLite store in a folder."""
    return MlflowClient(f"sqlite:///{folder / name}")


def table(store: MlflowClient, kind: str = "row") -> list[Run]:
    """The runs of published rows, or of studies for `kind="study"`."""
    experiment = store.get_experiment_by_name(results.RESULTS)
    assert experiment is not None
    return list(store.search_runs([experiment.experiment_id], f"tags.kind = '{kind}'"))


def wait(address: str, server: subprocess.Popen[Any], seconds: int = 90) -> None:
    """Wait until a server answers.

    Raises:
        Failed: The server ended, or does not answer in time.
    """
    for _ in range(seconds * 5):
        with suppress(OSError), urllib.request.urlopen(address, timeout=5):
            return
        if server.poll() is not None:
            pytest.fail(f"the server for {address} ended with {server.returncode}")
        time.sleep(0.2)
    pytest.fail(f"{address} does not answer")


def stop(server: subprocess.Popen[Any]) -> None:
    """Stop a server and its workers."""
    with suppress(ProcessLookupError):
        os.killpg(server.pid, signal.SIGTERM)
    try:
        server.wait(20)
    except subprocess.TimeoutExpired:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def mounted(*arguments: str) -> None:
    """Mount a file system, as root or with `sudo`; skip the test if this is not permitted."""
    done = subprocess.run([*as_root(), "mount", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"this user may not mount: {done.stderr.strip()}")


def unmount(folder: Path) -> None:
    """Undo `mounted`, even if a process still uses the folder."""
    subprocess.run([*as_root(), "umount", "--lazy", str(folder)], check=True)


def as_root() -> list[str]:
    return [] if os.geteuid() == 0 else ["sudo", "--non-interactive"]


def port() -> int:
    """A free port on this machine."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def copy_project(folder: Path, mnist_folder: Path) -> Project:
    """A committed copy of the project, with a tiny study of a few hundred images, and two seeds of the survey."""
    listing = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in listing.stdout.splitlines():
        made = name.startswith(("data/", "reports/", "dvc.lock"))
        if (made and name not in INPUTS) or not (ROOT / name).exists():
            continue
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, folder / name)
    keep_seeds(folder / "reports/survey.json", ("0", "1"))
    project = Project(folder)
    tiny: dict[str, object] = TINY | {
        "study.models": ["ae", "vae"],
        "models.vae.beta": 1.0,
        "study.latent_dim": 4,
        "fetch.sources": ["folder"],
        "fetch.folder": str(mnist_folder),
        "network.hidden": [32, 16],
        "analyses.reconstruction.importance_samples": 5,
        "analyses.prior.components": [1, 2],
    }
    for key, value in tiny.items():
        project.set(key, value)
    project.run("git", "init", "-q", "-b", "main")
    project.run("git", "config", "user.email", "test@example.org")
    project.run("git", "config", "user.name", "test")
    project.commit("a tiny study")
    return project


def keep_seeds(file: Path, seeds: tuple[str, ...]) -> None:
    """Leave out the other seeds of the survey's results: each seed has a run in the store of each study."""
    survey = json.loads(file.read_bytes())
    for result in survey["results"].values():
        result["records"] = [record for record in result["records"] if record["seed"] in seeds]
        for subject, by_seed in result["replicates"].items():
            result["replicates"][subject] = {seed: values for seed, values in by_seed.items() if seed in seeds}
    file.write_bytes(canonical.to_json(survey))


def status(command: Stage, *arguments: str) -> int | str | None:
    """The exit status of a stage; 0 if the stage returns."""
    try:
        command(arguments)
    except SystemExit as error:
        return error.code
    return 0


def make(name: str, work: Callable[[Context], None]) -> Stage:
    """A stage with the name of a stage in dvc.yaml, and another body."""

    def body(context: Context, params: Params) -> None:
        """Run the given work."""
        work(context)

    body.__name__ = name
    return stage(body)


def metrics(result: Result) -> dict[str, dict[str, Mapping[str, float]]]:
    """The metrics of an analysis: subject -> seed -> metric -> value."""
    return {m: {seed: one.metrics for seed, one in seeds.items()} for m, seeds in result.measurements.items()}


def interrupting(ended: Path, status: int = 0) -> str:
    """A Python script that sends Ctrl-C to its parent, waits for its own, and then needs half a second to end.

    Args:
        ended: The file that it creates at its end.
        status: Its exit status.
    """
    return (
        "import os, pathlib, signal, time\n"
        "try:\n"
        "    os.kill(os.getppid(), signal.SIGINT)\n"
        "    time.sleep(60)\n"
        "except KeyboardInterrupt:\n"
        "    time.sleep(0.5)\n"
        f"    pathlib.Path({str(ended)!r}).touch()\n"
        f"    raise SystemExit({status})\n"
    )
