"""Start the fork server and the programs that use it."""

import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from latente import tracking  # noqa: F401 (sets the variables that mlflow reads during its import)
from latente.stages.forkserver import client

_LONGEST = 100
"""Characters of the path of a Unix socket that every system allows."""

_PROGRAMS = ("python", "dvc", "latente")


@contextmanager
def server() -> Iterator[dict[str, str]]:
    """A fork server for this block. If this process is a child of a fork server, the block uses that server.

    Commands start cold until the server has imported its packages. They always start cold on systems other than Linux,
    because a fork after these imports is safe only there. They also do so with `LATENTE_FORK_SERVER=off`. If this
    process is killed, the server accepts no new command, and ends after its last command.

    Yields:
        The environment in which `python -m`, `dvc` and `latente` start warm.
    """
    environment = dict(os.environ)
    with ExitStack() as stack:
        if sys.platform == "linux" and client.SERVER not in environment:
            with suppress(OSError):  # no room for the programs: commands start cold
                environment |= _start(stack)
        yield environment


def _start(stack: ExitStack) -> dict[str, str]:
    """Start a server that ends with a stack.

    Returns:
        The variables that lead commands to the server.

    Raises:
        OSError: There is no room for the programs, or the path of the socket is too long.
    """
    folder = stack.enter_context(TemporaryDirectory(prefix="latente-", ignore_cleanup_errors=True))
    path = f"{folder}/server"
    if len(path) > _LONGEST:
        raise OSError(f"{path}: too long for a socket")
    for name in _PROGRAMS:
        _write(Path(folder, name))
    command = [sys.executable, str(Path(__file__).with_name("server.py")), path]
    without_code = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    process = stack.enter_context(subprocess.Popen(command, stdin=subprocess.PIPE, env=without_code))
    stack.callback(process.terminate)
    known = {"socket": path, "fingerprint": client.fingerprint()}
    return {
        "PATH": os.pathsep.join((folder, os.environ.get("PATH", os.defpath))),
        client.SERVER: json.dumps(known),
    }


def _write(program: Path) -> None:
    """Write a program: a copy of the client.

    Its first lines are read by `sh` and by Python, so that the path of Python may contain spaces. With the options `-I`
    and `-S`, Python starts in milliseconds.

    Raises:
        OSError: The program cannot be written, or its folder allows no programs.
    """
    start = f"#!/bin/sh\n'''exec' \"{sys.executable}\" -IS \"$0\" \"$@\"\n' '''\n"
    program.write_text(start + Path(client.__file__).read_text())
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    if not os.access(program, os.X_OK):
        raise OSError(f"{program}: this folder allows no programs")
