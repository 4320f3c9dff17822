"""The fork server. It imports third-party packages once; then it forks a child for every command.

Run it as a script: `python server.py SOCKET`. A client sends a command over the Unix socket, with its environment, its
folder and its standard streams. A child runs the command; the server sends the exit status of the child. When its
standard input closes, the server accepts no new command. It ends after its last child.

The server never imports code of the project, because the code of a project may change between two commands. It has one
Python thread and runs no operation of torch, so a child is in the state of a new process after its imports.
"""

import atexit
import gc
import importlib
import json
import os
import runpy
import select
import shutil
import signal
import socket
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

PACKAGES = (
    "numpy", "scipy.optimize", "scipy.spatial", "scipy.stats", "pandas", "torch", "torch._dynamo", "safetensors.numpy",
    "safetensors.torch", "sklearn.cluster", "sklearn.decomposition", "sklearn.linear_model", "sklearn.manifold",
    "sklearn.metrics", "sklearn.mixture", "sklearn.neighbors", "skdim.id", "joblib", "threadpoolctl",
    "matplotlib.backends.backend_agg", "matplotlib.figure", "jaxtyping", "pydantic", "ruamel.yaml", "jinja2",
    "latex2mathml.converter", "tqdm", "psutil", "cyclopts", "mlflow", "mlflow.pyfunc",
    "mlflow.store.tracking.sqlalchemy_store", "mlflow.store.model_registry.sqlalchemy_store", "dvc.api",
    "dvc.cli.parser", "dvc.commands.checkout", "dvc.commands.repro", "dvc.commands.status", "dvc.repo",
    "dvc.repo.experiments", "dvc.repo.reproduce", "dvc.scm", "dvc.stage.run",
)  # fmt: skip
"""The slow imports of the stages, of `dvc` and of `latente`."""

_OF_COMMANDS = (signal.SIGINT, signal.SIGHUP)
"""Signals of a terminal. They are for the commands; the server ends after its last child."""

_NOT_FLUSHED = 120
"""The exit status of Python if it cannot write the last output."""

_OWN = frozenset({"latente", "pipeline", "tests"})
"""Packages that the server must not import."""


class Ending:
    """How a child ends: with the status of its command, and without the slow end of Python.

    Attributes:
        status: The exit status, or minus the signal that ends the process.
        client: The client that waits for the status; None in the server.
    """

    def __init__(self) -> None:
        self.status = 0
        self.client: socket.socket | None = None

    def leave(self) -> None:
        """End this process. Python calls this after all threads and after all other functions of `atexit`."""
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except (OSError, ValueError) as error:
                self.status = self.status or _NOT_FLUSHED
                with suppress(OSError, ValueError):
                    print(f"{type(error).__name__}: {error}", file=sys.stderr)
        if self.client and self.status >= 0:
            _send(self.client, self.status)  # the server may be gone
        if self.status < 0:
            signal.signal(-self.status, signal.SIG_DFL)
            os.kill(os.getpid(), -self.status)
        os._exit(self.status)


def main(path: str) -> None:
    """Import the packages, listen on a socket, and serve until standard input closes."""
    for kind in _OF_COMMANDS:
        signal.signal(kind, signal.SIG_IGN)
    ending = Ending()
    atexit.register(ending.leave)  # the first function that is registered is the last one that runs
    sys.path.pop(0)  # the folder of this script
    for name in PACKAGES:
        importlib.import_module(name)
    if threading.active_count() > 1 or not _OWN.isdisjoint(name.partition(".")[0] for name in sys.modules):
        sys.exit("the fork server cannot start: a package started a thread or imported the project")
    gc.collect()
    gc.freeze()  # so that garbage collection in a child does not copy shared memory
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(64)
    client = Server(listener).serve()
    if client is None:
        shutil.rmtree(Path(path).parent, ignore_errors=True)  # nobody else does this if the parent was killed
    else:
        _work(client, ending)


class Server:
    """The children, and the clients that wait for them."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener, self._clients = listener, dict[int, socket.socket]()
        self._ended, wake = os.pipe()
        os.set_blocking(self._ended, False)
        os.set_blocking(wake, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wake)

    def serve(self) -> socket.socket | None:
        """Fork a child for every client. In a child, this method returns the client; in the server, None at the end."""
        open_ = True
        while open_ or self._clients:
            sources = [0, self._listener.fileno(), self._ended] if open_ else [self._ended]
            ready, _, _ = select.select(sources, [], [])
            if 0 in ready:
                open_ = False
                self._listener.close()  # clients that wait in its queue start cold
            if self._ended in ready:
                os.read(self._ended, 1 << 16)
                self._report()
            if open_ and self._listener.fileno() in ready:
                with suppress(OSError):  # without files or memory for a child, the command starts cold
                    client, _ = self._listener.accept()
                    if self._forked(client):
                        return client
        return None

    def _forked(self, client: socket.socket) -> bool:
        """Fork; whether this process is the child."""
        try:
            child = os.fork()
        except OSError:
            client.close()
            raise
        if child:
            self._clients[child] = client
            return False
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for other in (self._listener, *self._clients.values()):
            other.close()
        return True

    def _report(self) -> None:
        """Send the status of every child that has ended to its client."""
        while self._clients:
            child, status = os.waitpid(-1, os.WNOHANG)
            if not child:
                return
            with self._clients.pop(child) as client:
                _send(client, os.waitstatus_to_exitcode(status))


def _send(client: socket.socket, number: int) -> None:
    with suppress(OSError):  # the client has ended
        client.sendall(f"{number}\n".encode())


def _work(client: socket.socket, ending: Ending) -> None:
    """In a child: run the command of a client."""
    os.setpgid(0, 0)  # the client passes signals on, so the child must not receive those of the server's group
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    ending.client = client
    command = _receive(client)
    _send(client, os.getpid())
    threading.Thread(target=_end_with, args=(client,), daemon=True).start()
    ending.status = 1
    try:
        _run(command)
    except SystemExit as end:
        ending.status = _status(end.code)
    except KeyboardInterrupt:
        ending.status = -signal.SIGINT
        raise
    else:
        ending.status = 0


def _status(code: object) -> int:
    """The exit status of `sys.exit(code)`."""
    if code is None or isinstance(code, int):
        return (code or 0) & 255
    print(code, file=sys.stderr)
    return 1


def _receive(client: socket.socket) -> dict[str, Any]:
    """The command of a client. This process takes over the client's standard streams, variables and folder."""
    message, streams, _, _ = socket.recv_fds(client, 1 << 16, 3)
    while not message.endswith(b"\0"):
        more = client.recv(1 << 16)
        if not more:
            os._exit(1)  # the client has ended
        message += more
    command = dict(json.loads(message[:-1]))
    for target, stream in enumerate(streams):
        os.dup2(stream, target)
        os.close(stream)
    sys.stdin = os.fdopen(0, closefd=False)
    sys.stdout = os.fdopen(1, "w", buffering=1 if os.isatty(1) else -1, closefd=False)
    sys.stderr = os.fdopen(2, "w", buffering=1, errors="backslashreplace", closefd=False)
    os.environ.clear()
    os.environ.update(command["environment"])
    os.chdir(command["folder"])
    return command


def _run(command: dict[str, Any]) -> None:
    """Run a program of the environment as Python would run it."""
    program, arguments = command["program"], command["arguments"]
    folders = [folder for folder in os.environ.get("PYTHONPATH", "").split(os.pathsep) if folder]
    sys.path[:] = [*map(os.path.abspath, folders), *sys.path]
    sys.path_importer_cache.clear()
    sys.argv[:] = [program, *arguments]
    if Path(program).name == "python":  # python -m MODULE ARGUMENTS
        sys.path.insert(0, str(Path.cwd()))
        sys.argv[:] = arguments[1:]
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
    else:
        sys.path.insert(0, str(Path(program).parent))
        runpy.run_path(program, run_name="__main__")


def _end_with(client: socket.socket) -> None:
    """End this process, and the programs that it started, when its client ends."""
    with suppress(OSError):
        client.recv(1)
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main(sys.argv[1])
