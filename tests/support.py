"""The project's root, and a copy of the project with a tiny real study."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from latente.params import Split

ROOT = Path(__file__).parent.parent

SMALL = Split(train=400, validation=100, test=200, seed=0)


class Project:
    """A copy of the project in a folder of its own, with its own git and DVC repositories and tracking store."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.params = folder / "params.yaml"

    def run(self, *command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a command in the project, with this environment's programs."""
        programs = Path(sys.executable).parent
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("DVC_", "MLFLOW_"))}
        environment |= {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": "src"}
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        if check and done.returncode:
            pytest.fail(f"{' '.join(command)} exited with {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done

    def repro(self, *targets: str) -> list[str]:
        """Run the pipeline; the stages that DVC ran, in order."""
        out = self.run("dvc", "repro", *targets).stdout
        return [line.split("'")[1] for line in out.splitlines() if line.startswith("Running stage")]

    def stale(self) -> set[str]:
        """The stages that DVC would run, those below them left out."""
        lines = self.run("dvc", "status").stdout.splitlines()
        return {line.rstrip(":") for line in lines if line and not line[0].isspace() and line.endswith(":")}

    def set(self, key: str, value: object) -> None:
        """Change one parameter."""
        yaml = YAML()
        document = yaml.load(self.params.read_text())
        *parents, leaf = key.split(".")
        node = document
        for part in parents:
            node = node[part]
        node[leaf] = value
        with self.params.open("w") as stream:
            yaml.dump(document, stream)


def copy_project(folder: Path, mnist_folder: Path) -> Project:
    """A copy of the project, committed, with a tiny study of a few hundred images."""
    listing = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in listing.stdout.splitlines():
        if name.startswith(("data/", "reports/", "dvc.lock")) or not (ROOT / name).exists():
            continue
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, folder / name)
    project = Project(folder)
    tiny: dict[str, object] = {
        "study.models": ["ae", "vae"],
        "models.vae.beta": 1.0,
        "study.seeds": [0, 1],
        "study.latent_dim": 4,
        "fetch.sources": ["folder"],
        "fetch.folder": str(mnist_folder),
        "split.train": 400,
        "split.validation": 100,
        "split.test": 200,
        "judge.epochs": 1,
        "train.epochs": 2,
        "train.hidden": [32, 16],
        "analyses.reconstruction.importance_samples": 5,
        "analyses.prior.samples": 100,
        "analyses.prior.components": 2,
        "analyses.prior.memory": 20,
        "analyses.projection.images": 150,
        "analyses.geometry.images": 150,
    }
    for key, value in tiny.items():
        project.set(key, value)
    project.run("git", "init", "-q", "-b", "main")
    project.run("git", "config", "user.email", "test@example.org")
    project.run("git", "config", "user.name", "test")
    project.run("git", "add", "-A")
    project.run("git", "commit", "-q", "-m", "a tiny study")
    return project
