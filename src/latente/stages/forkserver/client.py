"""The client of the fork server. It stands in for `python`, `dvc` and `latente` on PATH.

It needs only the standard library, so it starts in milliseconds. It runs the real program if there is no server. It
also does so if the user, the limits, the mounts, or variables such as `OMP_NUM_THREADS` are not those of the server.
"""

import json
import os
import resource
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

SERVER = "LATENTE_FORK_SERVER"
"""The variable that holds the socket of the server and its fingerprint, as JSON; or `off`."""

OFF = "off"
"""The value of this variable with which every command starts cold."""

_READ_ONCE = ("PYTHON", "LANG", "LC_", "OMP_", "MKL_", "OPENBLAS_", "LD_", "MPL", "CUDA_", "TORCH")
"""Prefixes of the variables that Python or a package reads only once."""

_PASSED_ON = ("PYTHONPATH", "TORCHINDUCTOR_CACHE_DIR")
"""Variables with such a prefix that a child takes over. torch sets the second one itself, to a constant."""

_KILLED = str(-signal.SIGKILL)


def main(name: str, arguments: list[str]) -> None:
    """Run a program in a child of the server, and end as the child ends."""
    program = str(Path(sys.executable).with_name(name))
    server = None if name == "python" and arguments[:1] != ["-m"] else _connect()
    child = ""
    with suppress(OSError):  # until the child has sent its number, the command had no effect
        if server:
            _send(server, program, arguments)
            child = _line(server)
    if not server or not child:
        os.execv(program, [program, *arguments])  # noqa: S606 (the program replaces this process)
    for kind in (signal.SIGINT, signal.SIGTERM, signal.SIGQUIT, signal.SIGHUP):
        signal.signal(kind, lambda number, _: _pass_on(int(child), number))
    _end(int(_line(server) or _KILLED))


def fingerprint() -> dict[str, Any]:
    """What must be equal in the server and in a command: variables, user, limits and mounts."""
    mask = os.umask(0)
    os.umask(mask)
    limits = [getattr(resource, name) for name in sorted(dir(resource)) if name.startswith("RLIMIT_")]
    return {
        "variables": {k: v for k, v in os.environ.items() if k.startswith(_READ_ONCE) and k not in _PASSED_ON},
        "user": [os.getuid(), os.getgid(), mask],
        "limits": [list(resource.getrlimit(limit)) for limit in limits],
        "mounts": str(Path("/proc/self/ns/mnt").readlink()),
    }


def _connect() -> socket.socket | None:
    """A connection to the server; None if the command must start cold."""
    text = os.environ.get(SERVER, OFF)
    if text == OFF:
        return None
    known = json.loads(text)
    if known["fingerprint"] != fingerprint():
        return None
    server = socket.socket(socket.AF_UNIX)
    try:
        server.connect(known["socket"])
    except OSError:
        return None
    return server


def _send(server: socket.socket, program: str, arguments: list[str]) -> None:
    command = {"program": program, "arguments": arguments, "folder": str(Path.cwd()), "environment": dict(os.environ)}
    message = json.dumps(command).encode() + b"\0"
    server.sendall(message[socket.send_fds(server, [message], [0, 1, 2]) :])


def _line(server: socket.socket) -> str:
    """One answer of the server; an empty text if the server and the child have ended."""
    text = b""
    while not text.endswith(b"\n"):
        more = server.recv(1)
        if not more:
            return ""
        text += more
    return text.decode().strip()


def _pass_on(group: int, number: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(group, number)


def _end(status: int) -> None:
    """End with the exit status of the child, or by the signal that ended it."""
    if status < 0:
        if -status != signal.SIGKILL:
            signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    os._exit(status)


if __name__ == "__main__":
    main(Path(sys.argv[0]).name, sys.argv[1:])
