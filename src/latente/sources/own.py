"""Images that no spec knows: arrays become squares of grey levels, with a description of what was changed."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from latente.data import stored
from latente.data.description import Description, Epochs, Sizes
from latente.data.images import Images, side
from latente.errors import DataError

_LEAST, _LEAST_OF_CLASS = 300, 30  # images: with fewer, a part of the split has too few

_STEPS, _MOST_EPOCHS = 2000, 200

_UNLABELLED = "The images have no labels: the study counts all of them as one class, and cannot compare classes."

_SHARES = {"judge": 1 / 7, "test": 1 / 7, "validation": 1 / 14}
"""Of all images, as in MNIST; the others train."""


def describe(
    images: Images,
    *,
    name: str,
    title: str,
    noun: str = "picture",
    notes: Sequence[str] = (),
    upside_down: tuple[int, ...] = (),
    turned: tuple[int, ...] = (),
) -> dict[str, bytes]:
    """The files of a data set without test images of its own.

    Args:
        images: All images.
        name: Of the spec.
        title: For the reader.
        noun: What an image shows.
        notes: What reading changed in the images.
        upside_down: As in the description.
        turned: As in the description.

    Raises:
        DataError: There are fewer than 300 images, or fewer than 30 of a class.
    """
    if len(images) < _LEAST:
        raise DataError(f"{title}: {len(images)} images; a study needs at least {_LEAST}")
    for label, shown in enumerate(images.names):
        if (count := int((images.labels == label).sum())) < _LEAST_OF_CLASS:
            raise DataError(f"{title}: {count} images of class {shown}; every class needs at least {_LEAST_OF_CLASS}")
    data = Description(
        name=name,
        title=title,
        noun=noun,
        nouns=f"{noun}s",
        classes=images.names,
        side=side(images.pixels.shape[1]),
        split=(split := sizes(len(images))),
        epochs=Epochs(train=_enough(split.train, 10), judge=_enough(split.judge, 8)),
        notes=(*notes, *(() if images.are_labelled else (_UNLABELLED,))),
        upside_down=upside_down,
        turned=turned,
    )
    return stored.to_files(data, images, None)


def sizes(count: int) -> Sizes:
    """The shares of MNIST: of 70 images, 45 train, 5 choose the epoch, 10 train the judge, and 10 are test images.

    Example:
        >>> sizes(70).train
        45
    """
    parts = {part: int(count * share) for part, share in _SHARES.items()}
    return Sizes(**parts, train=count - sum(parts.values()))


def _enough(count: int, least: int) -> int:
    """Epochs for `_STEPS` steps of 128 images, but at least `least` and at most `_MOST_EPOCHS`."""
    return max(least, min(_MOST_EPOCHS, -(-_STEPS // -(-count // 128))))


def square(picture: UInt8[np.ndarray, "height width *colours"], size: int) -> UInt8[np.ndarray, " pixels"]:
    """A picture in grey levels or colours as a square of grey levels, in one row; `size` is its side in pixels."""
    if picture.shape == (size, size):
        return picture.reshape(-1)
    grey = Image.fromarray(picture).convert("L")
    return np.asarray(grey.resize((size, size), Image.Resampling.BOX)).reshape(-1)


def changes(shape: tuple[int, ...], size: int) -> list[str]:
    """A sentence for each change by `square` of pictures of a shape: colours became grey, or the size changed."""
    height, width = shape[:2]
    notes = ["Colours became grey."] if len(shape) == 3 else []
    if (height, width) != (size, size):
        notes.append(f"Pictures of {width} × {height} pixels became squares of {size} × {size}.")
    return notes


def unlabelled(rows: UInt8[np.ndarray, "images pixels"]) -> Images:
    """Images that nobody has sorted into classes."""
    return Images(rows, np.zeros(len(rows), np.uint8), ("picture",))


def numbered(labels: Sequence[object], where: str) -> tuple[UInt8[np.ndarray, " images"], tuple[str, ...]]:
    """Classes as numbers, and their names in ascending order.

    Args:
        labels: The class of every image.
        where: The folder, the file or the import path, for the error.

    Raises:
        DataError: There are fewer than 2 or more than 256 classes, or a name is empty, too long or not printable.
    """
    names, index = np.unique(np.asarray(labels), return_inverse=True)
    if not 2 <= len(names) <= 256:
        raise DataError(
            f"{where}: {len(names)} {'class' if len(names) == 1 else 'classes'}; a study compares 2 to 256 classes; "
            "for images without classes, leave out all labels"
        )
    if bad := [name for name in map(str, names) if not name.strip() or not name.isprintable() or len(name) > 40]:
        raise DataError(f"{where}: the class name {bad[0]!r}; a name has 1 to 40 printable characters")
    return index.astype(np.uint8), tuple(map(str, names))
