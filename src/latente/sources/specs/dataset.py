"""Your own map-style torch Dataset, by its import path. An item is an image and its class, or only an image."""

import importlib
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from latente.data.images import Images
from latente.errors import DataError, one_line
from latente.project.sections import Data, Fetch
from latente.sources import own
from latente.sources.known import Files, Say


def fetch(data: Data, _: Fetch, say: Say) -> Files:
    """Build the data set `data.dataset` without arguments, and read all its items.

    An image is a PIL image, or a tensor or array of bytes or of floats in [0, 1], with the axis of the colours first.

    Raises:
        DataError: The data set cannot be built, an item is no image, or only some items have a class.
    """
    if data.dataset is None:
        raise DataError("data.dataset is not set; it is the import path module:name of a torch Dataset")
    rows, numbers, names, shape = _items(data.dataset, data.side)
    notes = own.changes(shape, data.side)
    say(f"{data.dataset}: {len(rows)} images. {' '.join(notes)}")
    return own.describe(_images(rows, numbers, names, data.dataset), name="dataset", title=data.dataset, notes=notes)


def _images(rows: np.ndarray, numbers: Sequence[int], names: Sequence[str], where: str) -> Images:
    if not numbers:
        return own.unlabelled(rows)
    labels, found = own.numbered(numbers, where)
    return Images(rows, labels, tuple(names[int(number)] for number in found) if names else found)


def _items(path: str, side: int) -> tuple[np.ndarray, list[int], list[str], tuple[int, ...]]:
    """The images as rows, their class numbers, the names of the classes, and the shape of an image.

    There are no numbers if the items have no classes, and no names if the data set gives none.

    Raises:
        DataError: The code of the data set fails, an item is no image, or only some items have a class.
    """
    try:
        items = _build(path)
        pairs = [_pair(items[index]) for index in range(len(items))]
        names = [str(name) for name in getattr(items, "classes", ())]
    except Exception as error:  # the code is the user's, and can raise anything
        raise DataError(f"data.dataset: {path}: {one_line(error)}") from error
    shapes = {image.shape for image, _ in pairs}
    if len(shapes) != 1:
        raise DataError(f"data.dataset: {path}: images of {len(shapes)} sizes; expected one size")
    numbers = [number for _, number in pairs if number is not None]
    if 0 < len(numbers) < len(pairs):
        raise DataError(f"data.dataset: {path}: {len(numbers)} of {len(pairs)} items have a class; all must, or none")
    least, most = min(numbers, default=0), max(numbers, default=0)
    if least < 0 or (names and most >= len(names)) or len(set(names)) < len(names):
        raise DataError(f"data.dataset: {path}: the class numbers do not fit the names of the classes")
    return np.stack([own.square(image, side) for image, _ in pairs]), numbers, names, shapes.pop()


def _build(path: str) -> Any:
    """The data set of an import path. The module may be in the project's folder."""
    module, _, name = path.partition(":")
    sys.path.insert(0, "")
    try:
        return getattr(importlib.import_module(module), name)()
    finally:
        sys.path.remove("")


def _pair(item: Any) -> tuple[np.ndarray, int | None]:
    """The image of an item, and its class if it has one."""
    parts = item if isinstance(item, tuple | list) else [item]
    image, label = [*parts, None] if len(parts) == 1 else parts
    return _bytes(image), None if label is None else int(label)


def _bytes(image: Any) -> np.ndarray:
    """Bytes with the axis of the colours last.

    Raises:
        ValueError: It is no image in grey or colour, or a value is not in [0, 1].
    """
    array = np.asarray(image)
    if array.dtype.kind == "f":
        if not ((array >= 0) & (array <= 1)).all():
            raise ValueError("floats must lie in [0, 1]")
        array = np.rint(255 * array).astype(np.uint8)
    if array.ndim == 3 and array.shape[0] in (1, 3):
        array = np.moveaxis(array, 0, -1)
    array = array[..., 0] if array.ndim == 3 and array.shape[-1] == 1 else array
    if array.dtype != np.uint8 or array.ndim not in (2, 3) or array.shape[2:] not in ((), (3,)):
        raise ValueError(f"an image is {array.dtype} of shape {array.shape}")
    return array
