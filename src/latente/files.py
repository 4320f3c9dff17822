"""Outputs are written whole or not at all; inputs are told apart by DVC's own digests."""

import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import psutil

from latente.errors import LatenteError

_TEMPORARY = ".tmp"  # .dvcignore names it, so that what a kill leaves in a folder is no part of it


def write(file: Path, data: bytes) -> None:
    """Write a file whole or not at all, even if the power fails: temporary file, flush, rename, flush of the folder.

    Raises:
        LatenteError: The disk is full, the folder read-only, ...; nothing half-written is left.
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
            raise _told(file, "written", error) from error
        raise
    _flush(file.parent)


def remove(file: Path) -> None:
    """Remove a file, if it is there.

    Raises:
        LatenteError: The folder is read-only, ...
    """
    try:
        file.unlink(missing_ok=True)
    except OSError as error:
        raise _told(file, "removed", error) from error


def _told(file: Path, done: str, error: OSError) -> LatenteError:
    reason = error.strerror or type(error).__name__
    return LatenteError(f"{file}: cannot be {done} ({reason}); make room or mend the permissions, then run again")


def _sweep(file: Path) -> None:
    """Remove what processes that were killed while they wrote this file have left."""
    for left in file.parent.glob(f".{file.name}.*{_TEMPORARY}"):
        process = left.name.split(".")[-2]
        if process.isdigit() and not psutil.pid_exists(int(process)):
            with suppress(OSError):
                left.unlink()


def _flush(folder: Path) -> None:
    """Make a rename last, where the file system can."""
    with suppress(OSError):
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


def md5(content: bytes) -> str:
    """MD5 of the content of a file, as DVC gives it."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def listing(entries: Mapping[str, str]) -> str:
    """MD5 of a folder, as DVC gives it, from the path within the folder and MD5 of every file."""
    items = [{"md5": entries[path], "relpath": path} for path in sorted(entries)]
    return md5(json.dumps(items, sort_keys=True).encode()) + ".dir"


def digest(path: Path) -> str:
    """MD5 of a file or of a folder, as DVC gives it; at most 36 characters."""
    if path.is_file():
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    inner = (file for file in path.rglob("*") if file.is_file() and file.suffix != _TEMPORARY)
    return listing({file.relative_to(path).as_posix(): digest(file) for file in inner})
