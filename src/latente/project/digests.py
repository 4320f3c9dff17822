"""MD5 digests of files and folders, as DVC computes them."""

import hashlib
import json
from collections.abc import Mapping
from fnmatch import fnmatch
from pathlib import Path

LEFTOVERS = ("__pycache__", "*.pyc", "*.tmp", "*~", ".*.sw[a-p]", ".#*", ".DS_Store", ".ipynb_checkpoints")
"""Files that Python, editors and interrupted writes leave in a folder. Digests ignore them, as .dvcignore does."""


def ignored(file: Path) -> bool:
    """Whether a digest ignores a file, because its name or a folder in its path matches `LEFTOVERS`.

    Args:
        file: Path relative to the folder that has the digest.

    Example:
        >>> ignored(Path("data/__pycache__/idx.cpython-311.pyc")), ignored(Path("data/idx.py"))
        (True, False)
    """
    return any(fnmatch(part, pattern) for part in file.parts for pattern in LEFTOVERS)


def md5(content: bytes) -> str:
    """MD5 of the content of a file."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def listing(entries: Mapping[str, str]) -> str:
    """MD5 of a folder, from the relative path and the MD5 of every file."""
    items = [{"md5": entries[path], "relpath": path} for path in sorted(entries)]
    return md5(json.dumps(items, sort_keys=True).encode()) + ".dir"


def digest(path: Path) -> str:
    """MD5 of a file or of a folder, at most 36 characters. It ignores `LEFTOVERS` in a folder."""
    if path.is_file():
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    inner = (file.relative_to(path) for file in path.rglob("*") if file.is_file())
    return listing({file.as_posix(): digest(path / file) for file in inner if not ignored(file)})
