"""The fork server: a warm command behaves like a cold one, and only starts faster."""

import importlib
import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from latente.stages.forkserver import client, starting
from tests.support import ROOT, environment

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.environ.get(client.SERVER, client.OFF) == client.OFF, reason="there is no fork server"),
]

COLD = {client.SERVER: client.OFF}

DEADLINE_S = 120

PROBE = """
import atexit, json, os, signal, sys, threading, time
case = sys.argv[1]
print(json.dumps({"case": case, "warm": "torch" in sys.modules, "here": sys.path[0], "name": __name__,
                  "folder": os.getcwd(), "variable": os.environ.get("PROBE"), "argument": sys.argv[0]}), flush=True)
if case == "status":
    sys.exit(7)
if case == "message":
    sys.exit("wrong")
if case == "error":
    raise ValueError("no luck")
if case == "crash":
    os.kill(os.getpid(), signal.SIGSEGV)
if case == "interrupt":
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(60)
if case == "read":
    print(sys.stdin.read().upper())
if case == "end":
    atexit.register(print, "at the end")
    threading.Thread(target=lambda: (time.sleep(0.5), print("a thread"))).start()
if case == "full":
    sys.stdout = open("/dev/full", "w")
    print("lost")
if case == "wait":
    open("pid", "w").write(str(os.getpid()))
    time.sleep(600)
if case == "program":
    open("pid", "w").write(str(os.getpid()))
    os.system("echo $$ > program; exec sleep 600")
"""


def address() -> dict[str, Any]:
    return dict(json.loads(os.environ[client.SERVER]))


def wait_for(file: Path) -> str:
    """Wait until a file has a content, or exists if it is a socket."""
    until = time.monotonic() + DEADLINE_S
    while not (file.exists() and (file.is_socket() or file.read_text())):
        assert time.monotonic() < until, f"{file} does not appear"
        time.sleep(0.05)
    return "" if file.is_socket() else file.read_text()


@pytest.fixture(scope="module", autouse=True)
def ready() -> None:
    """The server has imported its packages."""
    wait_for(Path(address()["socket"]))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "probe.py").write_text(PROBE)
    return tmp_path


def run(folder: Path, *arguments: str, text: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["python", "-m", "probe", *arguments],
        cwd=folder,
        env=environment(**variables),
        input=text,
        capture_output=True,
        text=True,
        check=False,
        timeout=DEADLINE_S,
    )


def read(done: subprocess.CompletedProcess[str]) -> dict[str, object]:
    return dict(json.loads(done.stdout.splitlines()[0]))


@pytest.mark.parametrize("case", ["plain", "status", "message", "error", "crash", "interrupt", "read", "end", "full"])
def test_a_warm_command_ends_as_a_cold_one(folder: Path, case: str) -> None:
    """Output, exit status or signal, module, arguments, folder and variables are the same."""
    warm, cold = (run(folder, case, text="abc", PROBE="x", **kind) for kind in ({}, COLD))
    assert read(warm) == read(cold) | {"warm": True}
    assert read(cold)["warm"] is False
    assert warm.returncode == cold.returncode
    assert warm.stdout.splitlines()[1:] == cold.stdout.splitlines()[1:]
    assert warm.stderr.splitlines()[-1:] == cold.stderr.splitlines()[-1:]


@pytest.mark.parametrize("name", ["OMP_NUM_THREADS", "PYTHONHASHSEED", "MKL_CBWR", "LC_TIME"])
def test_a_variable_that_is_read_once_makes_the_start_cold(folder: Path, name: str) -> None:
    """The packages of the server have already read another value."""
    assert read(run(folder, "plain", **{name: "2"}))["warm"] is False


def test_a_limit_makes_the_start_cold(folder: Path) -> None:
    """A child of the server has the limits of the server."""
    done = subprocess.run(
        ["bash", "-c", "ulimit -n 200; exec python -m probe plain"],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
        timeout=DEADLINE_S,
    )
    assert read(done)["warm"] is False


def test_a_large_environment_arrives(folder: Path) -> None:
    """It is larger than one message of the socket. torch has set variables in it."""
    importlib.import_module("torch._dynamo")
    done = run(folder, "plain", PROBE="x" * 100_000)
    assert read(done)["variable"] == "x" * 100_000
    assert read(done)["warm"] is True


def test_a_client_that_is_killed_before_it_sends_a_command_does_no_harm(folder: Path) -> None:
    """The next command starts warm."""
    with socket.socket(socket.AF_UNIX) as other:
        other.connect(address()["socket"])
        socket.send_fds(other, [b'{"program": '], [0, 1, 2])
    assert read(run(folder, "plain"))["warm"] is True


@pytest.mark.parametrize("state", ["ended", "closes"])
def test_without_its_server_a_command_starts_cold(folder: Path, state: str) -> None:
    """The server has ended, still imports its packages, or closes the connection without an answer."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / "s"))
        if state == "closes":
            listener.listen()
        known = json.dumps(address() | {"socket": str(folder / "s")})
        command = ["python", "-m", "probe", "plain"]
        with subprocess.Popen(
            command, cwd=folder, env=environment(**{client.SERVER: known}), stdout=subprocess.PIPE, text=True
        ) as process:
            if state == "closes":
                listener.settimeout(DEADLINE_S)
                listener.accept()[0].close()
            out, _ = process.communicate(timeout=DEADLINE_S)
    assert json.loads(out)["warm"] is False
    assert process.returncode == 0


def test_a_warm_command_runs_the_code_that_is_there_now(folder: Path) -> None:
    """The server has no code of the project, so a change between two commands counts."""
    assert read(run(folder, "plain"))["case"] == "plain"
    (folder / "probe.py").write_text('print(\'{"case": "changed"}\')')
    assert read(run(folder, "plain"))["case"] == "changed"


@pytest.mark.parametrize("kind", [signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("case", ["wait", "program"])
def test_a_signal_reaches_the_child_and_its_programs(folder: Path, kind: signal.Signals, case: str) -> None:
    """The command ends by the signal, and so do its child and the programs of the child, even if nobody can tell it."""
    process = subprocess.Popen(["python", "-m", "probe", case], cwd=folder, env=environment(), stdout=subprocess.PIPE)
    names = ["pid"] if case == "wait" else ["pid", "program"]
    others = [psutil.Process(int(wait_for(folder / name))) for name in names]
    process.send_signal(kind)
    assert process.wait(DEADLINE_S) == -kind
    assert psutil.wait_procs(others, DEADLINE_S)[1] == []


def test_the_server_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    """Even if this process is killed; the folder of the server is then removed too."""
    code = "from latente.stages.forkserver import starting\nimport psutil, sys, time\n"
    code += "with starting.server():\n print(psutil.Process().children()[0].pid, flush=True); time.sleep(600)"
    variables = environment(PYTHONPATH=str(ROOT / "src"), TMPDIR=str(tmp_path))
    del variables[client.SERVER]
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=tmp_path, env=variables, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        server = psutil.Process(int(process.stdout.readline()))
        process.kill()
    server.wait(DEADLINE_S)
    assert list(tmp_path.glob("latente-*")) == []


def test_after_the_death_of_its_starter_a_server_leaves_new_commands_cold(tmp_path: Path) -> None:
    """A command that already runs ends normally, and a command that it starts does not wait for the server."""
    (tmp_path / "probe.py").write_text(
        "import subprocess, sys, time\nfrom pathlib import Path\nPath('begun').write_text('x')\n"
        "while not Path('go').exists(): time.sleep(0.1)\n"
        "subprocess.run(['python', '-m', 'inner'], check=True)\n"
    )
    (tmp_path / "inner.py").write_text("from pathlib import Path\nPath('ended').write_text('x')")
    code = "from latente.stages.forkserver import starting\nimport json, os, pathlib, subprocess, time\n"
    code += "with starting.server() as variables:\n"
    code += (
        " while not pathlib.Path(json.loads(variables['LATENTE_FORK_SERVER'])['socket']).exists(): time.sleep(0.1)\n"
    )
    code += " subprocess.run(['python', '-m', 'probe'], env=variables)"
    variables = environment(PYTHONPATH=str(ROOT / "src"))
    del variables[client.SERVER]
    with subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path, env=variables) as process:
        wait_for(tmp_path / "begun")
        server = next(child for child in psutil.Process(process.pid).children() if "server.py" in str(child.cmdline()))
        process.kill()
    (tmp_path / "go").touch()
    wait_for(tmp_path / "ended")
    server.wait(DEADLINE_S)


def test_a_server_that_cannot_start_leaves_the_commands_cold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The path of the socket would be too long, or the folder for temporary files is missing."""
    monkeypatch.delenv(client.SERVER)
    (long := tmp_path / ("x" * 100)).mkdir()
    for folder in (long, tmp_path / "missing"):
        monkeypatch.setattr("tempfile.tempdir", str(folder))
        with starting.server() as variables:
            assert client.SERVER not in variables
    assert list(long.iterdir()) == []


def test_the_switch_turns_the_server_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """`LATENTE_FORK_SERVER=off` starts no server."""
    monkeypatch.setenv(client.SERVER, client.OFF)
    with starting.server() as variables:
        assert variables == dict(os.environ)


def test_the_path_of_python_may_contain_spaces(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program is a script of `sh` that starts Python."""
    (spaces := folder / "with a space").mkdir()
    python = spaces / "python"
    python.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n')
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    starting._write(spaces / "dvc")
    done = subprocess.run(
        [spaces / "dvc", "--version"], env=environment(**COLD), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
