"""Atomic writes: after a crash, a file has either its old content or its new content."""

import os
from contextlib import suppress
from pathlib import Path

import psutil

from latente.errors import LatenteError

_TEMPORARY = ".tmp"  # in `digests.LEFTOVERS`, so an interrupted write does not change the digest of its folder


def write(file: Path, data: bytes) -> None:
    """Write a file atomically, even if the power fails: temporary file, flush, rename, flush of the folder.

    Raises:
        LatenteError: The write failed, for example on a full disk. The temporary file is removed.
    """
    temporary = file.with_name(f".{file.name}.{os.getpid()}{_TEMPORARY}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        _sweep(file)
        with temporary.open("wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(file)
    except BaseException as error:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise _failed(file, "written", error) from error
        raise
    _flush(file.parent)


def remove(file: Path) -> None:
    """Remove a file, if it exists.

    Raises:
        LatenteError: The file cannot be removed, for example from a read-only folder.
    """
    try:
        file.unlink(missing_ok=True)
    except OSError as error:
        raise _failed(file, "removed", error) from error


def _failed(file: Path, done: str, error: OSError) -> LatenteError:
    reason = error.strerror or type(error).__name__
    return LatenteError(f"{file}: cannot be {done} ({reason}); free some space or fix the permissions, then run again")


def _sweep(file: Path) -> None:
    """Remove the temporary files of processes that were killed while they wrote this file."""
    for temporary in file.parent.glob(f".{file.name}.*{_TEMPORARY}"):
        process = temporary.name.split(".")[-2]
        if process.isdigit() and not psutil.pid_exists(int(process)):
            with suppress(OSError):
                temporary.unlink()


def _flush(folder: Path) -> None:
    """Write the entries of a folder to disk, so that a rename survives a power failure. Not all file systems can."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
