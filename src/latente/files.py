"""Outputs are written whole or not at all; inputs are told apart by DVC's own digests."""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path

from latente.errors import LatenteError


def write(file: Path, data: bytes) -> None:
    """Write a file whole or not at all: temporary file, flush, rename.

    Raises:
        LatenteError: The disk is full, the folder read-only, ...; nothing half-written is left.
    """
    temporary = file.with_name(f".{file.name}.{os.getpid()}.tmp")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(file)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise LatenteError(
            f"{file}: cannot be written ({error.strerror}); make room or mend the permissions, then run again"
        ) from error


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
    return listing({file.relative_to(path).as_posix(): digest(file) for file in path.rglob("*") if file.is_file()})
