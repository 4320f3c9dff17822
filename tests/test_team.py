"""A team: one server with PostgreSQL, clones that work at the same time, and a shared DVC remote."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from mlflow import MlflowClient
from ruamel.yaml import YAML

from latente.stages import versions
from tests.support import ROOT, Project, client, environment, port, stop, table, wait

COMPOSE = YAML(typ="safe").load(ROOT / "compose.yaml")["services"]


def programs() -> Path | None:
    """The folder of the server programs of PostgreSQL; Debian does not put it on PATH."""
    found = shutil.which("initdb")
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return Path(found).resolve().parent if found else folders[-1].parent if folders else None


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    """The SQLAlchemy address of a local PostgreSQL server, which keeps its data in a temporary folder."""
    folder = programs()
    if folder is None:
        pytest.skip("needs PostgreSQL: install your distribution's package `postgresql`")
    home = Path(tempfile.mkdtemp())  # other users cannot read the temporary folder of pytest
    user = "postgres" if os.geteuid() == 0 else None  # PostgreSQL refuses to run as root
    if user:
        shutil.chown(home, user)
    data, number = home / "data", port()
    options = f"-p {number} -k {home} -c listen_addresses=127.0.0.1 -c fsync=off"

    def run(*command: str) -> None:
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=home, user=user)

    run(str(folder / "initdb"), "--pgdata", str(data), "--auth", "trust", "--username", "mlflow")
    run(str(folder / "pg_ctl"), "start", "-w", "-D", str(data), "-o", options, "-l", str(home / "log"))
    try:
        run(str(folder / "createdb"), "-h", "127.0.0.1", "-p", str(number), "-U", "mlflow", "mlflow")
        yield f"postgresql+psycopg://mlflow@127.0.0.1:{number}/mlflow"
    finally:
        run(str(folder / "pg_ctl"), "stop", "-m", "immediate", "-D", str(data))
        shutil.rmtree(home)


@pytest.fixture(scope="module")
def server(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with the command of compose.yaml: it uses PostgreSQL, and stores the artifacts."""
    folder = tmp_path_factory.mktemp("server")
    address = f"127.0.0.1:{port()}"
    host, number = address.split(":")
    changes = {
        "--host": host,
        "--port": number,
        "--artifacts-destination": str(folder / "artifacts"),
        "--allowed-hosts": address,
    }
    options = (option.partition("=") for option in COMPOSE["mlflow"]["command"][2:])
    command = ["mlflow", "server", *(f"{name}={changes.get(name, value)}" for name, _, value in options)]
    process = subprocess.Popen(
        command, cwd=folder, env=environment(MLFLOW_BACKEND_STORE_URI=database), start_new_session=True
    )
    try:
        wait(f"http://{address}/health", process, seconds=150)
        yield f"http://{address}"
    finally:
        stop(process)


def test_the_server_of_compose_is_on_the_loopback_and_has_our_versions() -> None:
    """Only this machine reaches the server, the file has no password, and the mlflow version is the locked one."""
    assert all(str(published).startswith("127.0.0.1:") for published in COMPOSE["mlflow"]["ports"])
    assert "ports" not in COMPOSE["postgres"]
    assert COMPOSE["postgres"]["environment"]["POSTGRES_PASSWORD"].startswith("${POSTGRES_PASSWORD:?")
    locked = versions.parse((ROOT / "requirements-dev.lock").read_text())
    for package in ("mlflow", "psycopg"):
        (pin,) = locked[package].pins
        assert pin.replace("psycopg==", "psycopg[binary]==") in COMPOSE["mlflow"]["build"]["dockerfile_inline"]


def together(clones: list[Project], server: str, *command: str) -> None:
    """Run a command in all clones at the same time; all must succeed."""
    working = [
        subprocess.Popen(
            command,
            cwd=clone.folder,
            env=environment(MLFLOW_TRACKING_URI=server),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for clone in clones
    ]
    for process in working:
        said, _ = process.communicate(timeout=900)
        assert process.returncode == 0, said


@pytest.fixture(scope="module")
def worked(committed: Project, server: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Project], str]:
    """Beta -> a clone, and the run of the study of both. Both have published the same study, then different ones."""
    folder = tmp_path_factory.mktemp("clones")
    clones = {beta: committed.twin(folder / f"beta-{beta}") for beta in ("2.0", "3.0")}
    store = MlflowClient(server)
    together(list(clones.values()), server, "latente", "publish")
    (shared,) = table(store, "study")
    assert len(table(store)) == 4
    for beta, clone in clones.items():
        clone.set("study.seeds", [0])
        clone.set("models.vae.beta", float(beta))
    together(list(clones.values()), server, "dvc", "repro")
    return clones, str(shared.info.run_id)


def test_two_clones_work_at_once_into_one_server(worked: tuple[dict[str, Project], str], server: str) -> None:
    """The server has every row once, with correct values."""
    (clones, shared), store = worked, MlflowClient(server)
    rows = [row for row in table(store) if row.data.tags["mlflow.parentRunId"] != shared]
    own = [(row.data.tags["model"], row.data.params.get("models.vae.beta")) for row in rows]
    assert sorted(own, key=str) == [("ae", None), ("ae", None), ("vae", "2.0"), ("vae", "3.0")]
    for row in rows:
        study = store.get_run(row.data.tags["mlflow.parentRunId"])
        assert study.data.tags["key"] == row.data.tags["study"]
        lock = YAML(typ="safe").load(clones[study.data.params["models.vae.beta"]].folder / "dvc.lock")["stages"]
        outs = {
            out["md5"] for stage in ("train", "encode") for out in lock[f"{stage}@{row.data.tags['model']}-0"]["outs"]
        }
        assert {row.data.tags["weights"], row.data.tags["latents"]} <= outs
        made_by = store.get_run(row.data.tags["run.separation"]).data.tags
        assert made_by["wrote.reports/metrics/separation.json"] == lock["separation"]["outs"][-1]["md5"]


def test_artifacts_and_models_go_through_the_server(
    worked: tuple[dict[str, Project], str], server: str, tmp_path: Path
) -> None:
    """The server returns the report; equal weights are only one version."""
    store, (_, run) = MlflowClient(server), worked
    assert store.list_artifacts(run, "reports/figures")
    page = store.download_artifacts(run, "reports/report.html", str(tmp_path))
    assert Path(page).read_text().startswith("<!DOCTYPE html>")
    assert len(store.search_model_versions("name = 'latente-ae'")) == 2
    assert len(store.search_model_versions("name = 'latente-vae'")) == 4


def test_a_second_clone_pulls_and_runs_nothing(committed: Project, tmp_path: Path) -> None:
    """The second clone pulls all outputs from a DVC remote, runs no stage, and can publish the study."""
    folder, remote = tmp_path / "clone", tmp_path / "remote"
    owner = committed.twin(tmp_path / "owner")
    owner.run("dvc", "remote", "add", "--default", "team", str(remote))
    owner.commit("a remote")
    owner.run("dvc", "push")
    owner.run("git", "clone", "-q", ".", str(folder))
    clone = Project(folder)
    assert not (folder / "data/raw").exists()
    clone.run("dvc", "pull", "dvc.yaml")  # the survey has no outputs here
    assert clone.repro() == []
    assert clone.stale() == set()
    assert "published" in clone.run("latente", "publish").stdout
    assert len(client(folder).search_model_versions("name = 'latente-vae'")) == 2
