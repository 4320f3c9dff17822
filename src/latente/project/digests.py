"""MD5 digests of files and folders, as DVC computes them."""

import hashlib
import json
from collections.abc import Mapping
from fnmatch import fnmatch
from pathlib import Path

LEFTOVERS = ("__pycache__", "*.pyc", "*.tmp", "*~", ".*.sw[a-p]", ".#*", ".DS_Store", ".ipynb_checkpoints")
"""What Python, editors and killed writes leave in a folder; its digest ignores it. .dvcignore lists the same."""


def ignored(file: Path) -> bool:
    """Whether a file within a folder does not count, because its name or a folder above it is one of `LEFTOVERS`.

    Args:
        file: Relative to the folder.

    Example:
        >>> ignored(Path("data/__pycache__/idx.cpython-311.pyc")), ignored(Path("data/idx.py"))
        (True, False)
    """
    return any(fnmatch(part, pattern) for part in file.parts for pattern in LEFTOVERS)


def md5(content: bytes) -> str:
    """MD5 of the content of a file."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def listing(entries: Mapping[str, str]) -> str:
    """MD5 of a folder, from the path within the folder and the MD5 of every file."""
    items = [{"md5": entries[path], "relpath": path} for path in sorted(entries)]
    return md5(json.dumps(items, sort_keys=True).encode()) + ".dir"


def digest(path: Path) -> str:
    """MD5 of a file or of a folder, at most 36 characters; `LEFTOVERS` in a folder do not count."""
    if path.is_file():
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    inner = (file.relative_to(path) for file in path.rglob("*") if file.is_file())
    return listing({file.as_posix(): digest(path / file) for file in inner if not ignored(file)})
