"""Tracking costs no result: if the store fails, the stage still writes its outputs, and reports the failure."""

import contextlib
import http.server
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from mlflow import MlflowClient

from latente import cli
from latente.project import paths
from latente.stages.stage import Context
from latente.tracking import background, trouble
from latente.tracking import runs as stored
from tests.support import ROOT, Project, environment, make, mounted, port, status, stop, table, unmount, wait

pytestmark = pytest.mark.slow

SAID = "When it works again, run `latente publish` to write the study there"


@contextlib.contextmanager
def serving(answer: Callable[[http.server.BaseHTTPRequestHandler], None]) -> Iterator[str]:
    """A local server that answers all requests in the same way."""

    class Handler(http.server.BaseHTTPRequestHandler):
        do_GET = do_POST = do_PATCH = answer  # noqa: N815 (names of http.server)

        def log_message(self, *arguments: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@contextlib.contextmanager
def dead() -> Iterator[str]:
    yield f"http://127.0.0.1:{port()}"


@contextlib.contextmanager
def failing() -> Iterator[str]:
    with serving(lambda request: request.send_error(500)) as address:
        yield address


@contextlib.contextmanager
def slow() -> Iterator[str]:
    def answer(request: http.server.BaseHTTPRequestHandler) -> None:
        time.sleep(1)
        request.send_error(404)

    with serving(answer) as address:
        yield address


@contextlib.contextmanager
def silent() -> Iterator[str]:
    """A server that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@contextlib.contextmanager
def nonsense() -> Iterator[str]:
    """A server of another service, which answers with a web page."""

    def answer(request: http.server.BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        request.wfile.write(b"<html>Welcome</html>")

    with serving(answer) as address:
        yield address


@contextlib.contextmanager
def locked() -> Iterator[str]:
    """A database that another connection has locked."""
    with contextlib.closing(sqlite3.connect("locked.db", isolation_level=None)) as other:
        MlflowClient("sqlite:///locked.db").search_experiments()
        other.execute("BEGIN EXCLUSIVE")
        yield "sqlite:///locked.db"


@contextlib.contextmanager
def nowhere() -> Iterator[str]:
    """A database in a folder that cannot be created."""
    yield "sqlite:////proc/none/mlflow.db"


@contextlib.contextmanager
def gone() -> Iterator[str]:
    """A database server that does not run."""
    yield f"postgresql+psycopg://me:open-sesame@127.0.0.1:{port()}/mlflow"


@contextlib.contextmanager
def unknown() -> Iterator[str]:
    """An address with a missing driver, and a password that makes the address invalid."""
    yield "mysql://me:open[sesame@127.0.0.1/mlflow"


@contextlib.contextmanager
def damaged() -> Iterator[str]:
    Path("damaged.db").write_bytes(b"no database" * 1000)
    yield "sqlite:///damaged.db"


@contextlib.contextmanager
def readonly() -> Iterator[str]:
    """A database on a read-only mount."""
    folder = Path("store").absolute()
    folder.mkdir()
    MlflowClient(f"sqlite:///{folder}/mlflow.db").search_experiments()
    mounted("--bind", str(folder), str(folder))
    try:
        mounted("-o", "remount,ro,bind", str(folder))
        yield f"sqlite:///{folder}/mlflow.db"
    finally:
        unmount(folder)


FAULTS = [dead, failing, slow, silent, nonsense, locked, nowhere, damaged, readonly, gone, unknown]


def work(context: Context) -> None:
    for epoch in range(1, 4):
        context.epoch(epoch, {"train_loss": 1.0 / epoch}, of=3)
    context.metrics({"answer": 42.0})
    context.write(paths.metrics("judge"), b"{}\n")


@pytest.mark.parametrize("fault", FAULTS)
def test_a_failing_store_costs_no_result(
    root: Path,
    fault: Callable[[], contextlib.AbstractContextManager[str]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The stage succeeds with a complete output, prints one line about the failure, and waits a limited time."""
    monkeypatch.setattr(background, "WAIT_S", 4.0)
    with fault() as uri:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
        start = time.monotonic()
        assert status(make("judge", work)) == 0
        assert time.monotonic() - start < 4 + 10  # 10 s for a busy machine; the wait without limit takes minutes
    assert paths.metrics("judge").read_bytes() == b"{}\n"
    error = capsys.readouterr().err
    assert "sesame" not in error
    assert "Traceback" not in error
    (line,) = [line for line in error.splitlines() if line.startswith("judge: ")]
    assert line.startswith("judge: tracking is incomplete, but no result is lost: the tracking store failed (")
    assert line.endswith(SAID)


def test_a_store_that_is_slow_but_writes_is_waited_for(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The wait starts again after each write, so everything is written on a slow machine too."""
    monkeypatch.setattr(background, "WAIT_S", 3.0)
    slow = background.BackgroundRun("judge", "judge", {}, required=True)  # the run is open before the wait starts
    slow._required = False
    for _ in range(4):
        slow._steps.put(lambda _: time.sleep(1.5))
    slow.close("FINISHED")
    assert not slow._thread.is_alive()
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("fault", [dead, silent, nowhere, gone])
def test_required_tracking_fails_the_stage_before_its_work(
    root: Path,
    fault: Callable[[], contextlib.AbstractContextManager[str]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """With `tracking.required: true`, the stage fails with one error, which names this key."""
    text = (root / "params.yaml").read_text()
    (root / "params.yaml").write_text(text.replace("required: false", "required: true"))
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "1")
    with fault() as uri:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
        assert status(make("judge", work)) == 1
    assert not paths.metrics("judge").exists()
    error = capsys.readouterr().err
    assert error.startswith("judge: the tracking store failed (")
    assert error.endswith(
        "tracking.required is true in params.yaml; fix the store, or set tracking.required to false to run without it\n"
    )


def test_required_tracking_that_fails_later_fails_the_stage_too(
    root: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The stage fails, but its outputs exist."""
    text = (root / "params.yaml").read_text()
    (root / "params.yaml").write_text(text.replace("required: false", "required: true"))

    def fail(self: object, *arguments: object, **options: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(stored.StoredRun, "points", fail)
    assert status(make("judge", work)) == 1
    assert paths.metrics("judge").exists()
    assert "judge: the tracking store failed (OSError: [Errno 28] No space left on device)" in capsys.readouterr().err


@contextlib.contextmanager
def mlflow_server(folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], str, str]]:
    """The server of mlflow with a SQLite file; yields its process, its address, and the address of the file."""
    uri, number = f"sqlite:///{folder / 'server.db'}", port()
    command = ["mlflow", "server", "--backend-store-uri", uri, "--host", "127.0.0.1", "--port", str(number)]
    server = subprocess.Popen(command, env=environment(), cwd=folder, start_new_session=True)
    try:
        wait(f"http://127.0.0.1:{number}/health", server, seconds=150)
        yield server, f"127.0.0.1:{number}", uri
    finally:
        stop(server)


def test_a_server_that_dies_midway_costs_no_result(
    root: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The server keeps what it received. The run of the next stage closes the open run as KILLED."""
    with mlflow_server(tmp_path) as (server, address, uri):
        monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://{address}")

        def dying(context: Context) -> None:
            context.metrics({"before": 1.0})
            store = MlflowClient(uri)
            for _ in range(300):
                experiment = store.get_experiment_by_name(stored.STAGES)
                if experiment and any(found.data.metrics for found in store.search_runs([experiment.experiment_id])):
                    break
                time.sleep(0.1)
            stop(server)
            work(context)

        assert status(make("judge", dying)) == 0
    assert paths.metrics("judge").read_bytes() == b"{}\n"
    assert SAID in capsys.readouterr().err
    store = MlflowClient(uri)
    (run,) = store.search_runs([store.get_experiment_by_name(stored.STAGES).experiment_id])
    assert (run.info.status, run.data.metrics) == ("RUNNING", {"before": 1.0})
    store.set_tag(run.info.run_id, "process", ended(run.data.tags["process"]))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    assert status(make("judge", work)) == 0
    assert store.get_run(run.info.run_id).info.status == "KILLED"


def ended(process: str) -> str:
    """The tag of an ended process on the same machine."""
    with subprocess.Popen(["true"]) as other:
        return f"{process.rsplit(' ', 2)[0]} {other.pid} 0"


@pytest.mark.parametrize(
    ("change", "age_h", "expected"),
    [
        (lambda own: own, 48, False),
        (lambda own: f"{own.rsplit(' ', 2)[0]} 2147483646 0", 0, True),
        (lambda own: f"{own.rsplit(' ', 1)[0]} 1.5", 0, True),  # another process has the same number now
        (lambda own: f"other{own}", 1, False),
        (lambda own: f"other{own}", 25, True),
        (lambda own: "", 1, False),
    ],
    ids=["alive", "ended", "number reused", "elsewhere", "elsewhere, long ago", "unknown"],
)
def test_a_run_is_abandoned_when_its_process_has_ended(
    root: Path, change: Callable[[str], str], age_h: int, expected: object
) -> None:
    """On this machine, the process decides. On another machine, a run is abandoned after a day."""
    store = MlflowClient(f"sqlite:///{root / 'mlflow.db'}")
    made = stored.start(store, "0", "one", {}, now=int((time.time() - age_h * 3600) * 1000))
    own = store.get_run(made.id).data.tags["process"]
    store.set_tag(made.id, "process", change(own) or "-")
    if not change(own):
        store.delete_tag(made.id, "process")
    assert stored.abandoned(store.get_run(made.id)) is expected


def test_numbers_that_come_faster_than_the_store_writes_all_arrive(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The store gets the metrics of thousands of short epochs, with their steps."""

    def racing(context: Context) -> None:
        for epoch in range(1, 12_001):
            context.epoch(epoch, {"train_loss": 1.0 / epoch}, of=12_000)

    assert status(make("judge", racing)) == 0
    assert "tracking is incomplete" not in capsys.readouterr().err
    store = MlflowClient(f"sqlite:///{root / 'mlflow.db'}")
    (run,) = store.search_runs([store.get_experiment_by_name(stored.STAGES).experiment_id])
    history = store.get_metric_history(run.info.run_id, "train_loss")
    assert [point.step for point in history] == list(range(1, 12_001))


def test_a_refused_step_does_not_leave_the_run_open(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """After a failed step, the rest is not tracked, but the run is closed."""

    def refuse(self: object, *arguments: object) -> None:
        raise ValueError("refused")

    monkeypatch.setattr(stored.StoredRun, "artifact", refuse)
    assert status(make("judge", work)) == 0
    assert "(ValueError: refused)" in capsys.readouterr().err
    store = MlflowClient(f"sqlite:///{root / 'mlflow.db'}")
    (run,) = store.search_runs([store.get_experiment_by_name(stored.STAGES).experiment_id])
    assert run.info.status == "FINISHED"


def test_ctrl_c_while_a_finished_stage_waits_does_not_lose_it(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The stage exits with status 0, so DVC keeps its outputs."""
    with silent() as uri:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
        killer = threading.Timer(3, lambda: os.kill(os.getpid(), signal.SIGINT))
        killer.start()
        assert status(make("judge", work)) == 0
        killer.join()
    assert paths.metrics("judge").exists()
    assert "(the wait was interrupted)" in capsys.readouterr().err


def test_the_commands_report_a_failing_store_in_one_line(
    root: Path,
    project: Project,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The user sees one line, and no traceback of mlflow."""
    monkeypatch.chdir(project.folder)
    for fault in (dead, gone):
        for arguments in (["publish"], ["compare", "ae-0", "vae-0"], ["sweep", "models.vae.beta"]):
            with fault() as uri:
                monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
                with pytest.raises(SystemExit) as ended:
                    cli.main(arguments)
            assert ended.value.code == 1
            error = capsys.readouterr().err
            shown = re.escape(uri.replace("open-sesame", "***"))
            assert re.match(rf"the tracking store at {shown} failed: .*Connection refused; fix it, or set", error)
            assert error.count("\n") == 1


def test_what_was_not_tracked_is_published_later(committed: Project, tmp_path: Path) -> None:
    """The pipeline succeeds without a server. Later, `latente publish` writes the rows and their curves."""
    copy = committed.twin(tmp_path / "clone")
    with dead() as uri:
        done = copy.run("dvc", "repro", "--force", "--single-item", "report", MLFLOW_TRACKING_URI=uri)
    assert SAID in done.stderr
    later = f"sqlite:///{tmp_path / 'later.db'}"
    copy.run("latente", "publish", MLFLOW_TRACKING_URI=later)
    rows = table(MlflowClient(later))
    assert len(rows) == 4
    for row in rows:
        history = MlflowClient(later).get_metric_history(row.info.run_id, "curve.validation_loss")
        assert [point.step for point in history] == [1, 2]


def test_a_new_database_is_opened_by_many_at_once(tmp_path: Path) -> None:
    """Without our lock, every process creates the tables, and all processes but one fail."""
    uri = f"sqlite:///{tmp_path / 'new.db'}"
    command = [sys.executable, "-c", "from latente.tracking import store; store.client().search_experiments()"]
    made = [
        subprocess.Popen(command, cwd=ROOT, env=environment(MLFLOW_TRACKING_URI=uri), stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    errors = [process.communicate()[1] for process in made]
    assert [process.returncode for process in made] == [0] * 4, errors


def test_four_stages_at_once_write_to_one_new_database(committed: Project, tmp_path: Path) -> None:
    """The store has all runs, and every run has its metrics."""
    copy = committed.twin(tmp_path / "clone")
    stages = ("separation", "geometry", "centroids", "convergence")
    uri = f"sqlite:///{tmp_path / 'new.db'}"
    processes = [
        subprocess.Popen(
            ["python", "-m", f"pipeline.{stage}"],
            cwd=copy.folder,
            env=environment(MLFLOW_TRACKING_URI=uri),
            stderr=subprocess.PIPE,
            text=True,
        )
        for stage in stages
    ]
    errors = [process.communicate()[1] for process in processes]
    assert [process.returncode for process in processes] == [0] * 4, errors
    assert not any("tracking is incomplete" in error for error in errors), errors
    store = MlflowClient(uri)
    found = store.search_runs([store.get_experiment_by_name(stored.STAGES).experiment_id])
    parents = {run.data.tags["stage"]: run for run in found if "mlflow.parentRunId" not in run.data.tags}
    assert set(parents) == set(stages)
    assert {run.info.status for run in found} == {"FINISHED"}
    for stage in stages:
        children = [run for run in found if run.data.tags.get("mlflow.parentRunId") == parents[stage].info.run_id]
        assert len(children) >= 4
        assert all(child.data.metrics for child in children)


# Secrets


@pytest.mark.parametrize(
    ("variables", "text", "hidden"),
    [
        (
            {"MLFLOW_TRACKING_URI": "http://me:sesame@host:5"},
            "at http://me:sesame@host:5/x",
            "at http://me:***@host:5/x",
        ),
        ({"MLFLOW_TRACKING_URI": "http://me:a%40b@host"}, "a%40b and a@b", "*** and ***"),
        ({"MLFLOW_TRACKING_URI": "https://token@host"}, "https://token@host", "https://***@host"),
        ({"MLFLOW_TRACKING_URI": "postgresql:///db?user=me&password=sesame"}, "=sesame of me", "=*** of me"),
        ({"MLFLOW_TRACKING_URI": "postgresql://h/db?password=a%2Bb"}, "a%2Bb a+b", "*** ***"),
        ({"MLFLOW_TRACKING_URI": "postgresql://me:se/sa#me?@h:1/db"}, "me:se/sa#me?@h", "me:***@h"),
        ({"MLFLOW_TRACKING_URI": "postgresql://me:a[b@h:1/db"}, "me:a[b@h", "me:***@h"),
        ({"MLFLOW_TRACKING_URI": "postgresql://me:a@b@h:1/db"}, "me:a@b@h", "me:***@h"),
        ({"MLFLOW_TRACKING_URI": "postgresql://mlflow@h:1/db"}, "mlflow@h", "mlflow@h"),
        ({"MLFLOW_TRACKING_PASSWORD": "sesame", "MLFLOW_TRACKING_TOKEN": "abc"}, "sesame abc", "*** ***"),
        ({"MLFLOW_TRACKING_URI": "sqlite:////home/me/mlflow.db"}, "/home/me/mlflow.db", "/home/me/mlflow.db"),
        ({}, "http://host", "http://host"),
    ],
)
def test_secrets_are_hidden(variables: dict[str, str], text: str, hidden: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords and tokens from environment variables are hidden, and other text is not changed."""
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI", "MLFLOW_TRACKING_PASSWORD", "MLFLOW_TRACKING_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert trouble.hide(text) == hidden


def test_a_reason_is_found_in_any_chain() -> None:
    """The reason is the system error in the chain; a cycle ends, and a suppressed context does not count."""
    first, second = ValueError("first"), OSError(5, "deep")
    first.__cause__, second.__context__ = second, first
    assert trouble.reason(first) == "OSError: [Errno 5] deep"
    outer = ValueError("outer")
    outer.__context__, outer.__suppress_context__ = OSError(5, "hidden"), True
    assert trouble.reason(outer) == "ValueError: outer"
    assert trouble.reason(ValueError()) == "ValueError"


def test_no_password_reaches_a_log_a_tag_a_file_or_an_error(committed: Project, tmp_path: Path) -> None:
    """A stage and the commands run with a working server and a dead server; no output or file has the password."""
    copy = committed.twin(tmp_path / "clone")
    said = []
    with mlflow_server(tmp_path) as (_, address, _):
        for uri in (f"http://me:open-sesame@{address}", f"http://me:open-sesame@127.0.0.1:{port()}"):
            for line in (
                ["dvc", "repro", "--force", "--single-item", "separation", "report"],
                ["latente", "publish"],
                ["latente", "compare", "none", "nothing"],
                ["make", "ui", f"CURDIR={copy.folder}", "READY="],
            ):
                done = copy.run(*line, check=False, MLFLOW_TRACKING_URI=uri)
                said += [done.stdout, done.stderr]
    assert any("failed" in text for text in said)
    assert not any("open-sesame" in text for text in said)
    written = [file for file in tmp_path.rglob("*") if file.is_file() and file.name != Path(__file__).name]
    assert any(file.name == "server.db" for file in written)
    assert not [file for file in written if b"open-sesame" in file.read_bytes()]
