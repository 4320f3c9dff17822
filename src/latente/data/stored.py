"""The folder of a fetched data set: IDX files, and data.json."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from latente.data import description, idx
from latente.data.description import Description
from latente.data.images import Images
from latente.determinism import canonical
from latente.errors import DataError
from latente.project import digests

TRAIN, TEST = "train", "t10k"
"""The two parts, as the canonical files of MNIST and its relatives name them."""


def names(part: str) -> tuple[str, str]:
    """The names of the files of one part: images and labels."""
    return f"{part}-images-idx3-ubyte", f"{part}-labels-idx1-ubyte"


def load(folder: Path) -> tuple[Images, Images | None]:
    """Read a data set, and check the MD5 of every file.

    Returns:
        The training images and the test images, in their order; None if the data set has no test images of its own.

    Raises:
        DataError: A file is missing, changed or not valid.
    """
    data = description.load(folder)
    test = _part(folder, TEST, data) if names(TEST)[0] in data.md5 else None
    return _part(folder, TRAIN, data), test


def to_files(data: Description, train: Images, test: Images | None) -> dict[str, bytes]:
    """Name -> content of the files of a data set; `load` reads them."""
    files: dict[str, bytes] = {}
    for part, images in ((TRAIN, train), (TEST, test)):
        if images is not None:
            pixels = images.pixels.reshape(-1, data.side, data.side)
            files |= dict(zip(names(part), (idx.encode(pixels), idx.encode(images.labels)), strict=True))
    return described(data, files)


def described(data: Description, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Add the description to the IDX files of a data set."""
    md5 = {name: digests.md5(content) for name, content in files.items()}
    return {**files, description.FILE: canonical.to_json({**data.model_dump(mode="json"), "md5": md5})}


def _part(folder: Path, part: str, data: Description) -> Images:
    pixels, labels = (_read(folder / name, ndim, data) for name, ndim in zip(names(part), (3, 1), strict=True))
    if pixels.shape[1:] != (data.side, data.side) or len(pixels) != len(labels):
        raise DataError(
            f"{folder / names(part)[0]}: shape {pixels.shape}, expected {len(labels)} × {data.side} × {data.side}; "
            "delete the folder and run `dvc repro fetch`"
        )
    if int(labels.max(initial=0)) >= len(data.classes):
        raise DataError(f"{folder / names(part)[1]}: class {labels.max()}, but there are {len(data.classes)} classes")
    return Images(pixels.reshape(len(pixels), -1), labels, data.classes)


def _read(file: Path, ndim: int, data: Description) -> np.ndarray:
    array = idx.read(file, ndim)
    if (digest := digests.digest(file)) != (expected := data.md5.get(file.name)):
        raise DataError(
            f"{file}: not the file that was fetched (its MD5 is {digest}, expected {expected}); delete it and run "
            "`dvc repro fetch`"
        )
    return array
