"""Your own map-style torch Dataset, by its import path. An item is an image and its class."""

import importlib
import sys
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
        DataError: The data set cannot be built, or an item is no image with a class.
    """
    if data.dataset is None:
        raise DataError("data.dataset is not set; it is the import path module:name of a torch Dataset")
    rows, numbers, names, shape = _items(data.dataset, data.side)
    notes = own.changes(shape, data.side)
    say(f"{data.dataset}: {len(rows)} images. {' '.join(notes)}")
    labels, found = own.numbered(numbers)
    named = tuple(names[int(number)] for number in found) if names else found
    return own.describe(Images(rows, labels, named), name="dataset", title=data.dataset, notes=notes)


def _items(path: str, side: int) -> tuple[np.ndarray, list[int], list[str], tuple[int, ...]]:
    """The images as rows, their class numbers, the names of the classes (or none), and the shape of an image.

    Raises:
        DataError: The code of the data set fails, or an item is no image with a class.
    """
    try:
        items = _build(path)
        pictures = (items[index] for index in range(len(items)))
        pairs = [(_bytes(image), int(label)) for image, label in pictures]
        names = [str(name) for name in getattr(items, "classes", ())]
    except Exception as error:  # the code is the user's, and can raise anything
        raise DataError(f"data.dataset: {path}: {one_line(error)}") from error
    shapes = {image.shape for image, _ in pairs}
    if len(shapes) != 1:
        raise DataError(f"data.dataset: {path}: images of {len(shapes)} sizes; expected one size")
    numbers = [number for _, number in pairs]
    if min(numbers) < 0 or (names and max(numbers) >= len(names)) or len(set(names)) < len(names):
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
