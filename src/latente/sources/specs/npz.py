"""Your own images in an .npz file: `images` (bytes, grey or RGB) and, if there are any, `labels` (numbers or names)."""

import zipfile
import zlib
from pathlib import Path

import numpy as np

from latente.data.images import Images
from latente.errors import DataError, one_line
from latente.project.sections import Data, Fetch
from latente.sources import own
from latente.sources.known import Files, Say

_LIMIT = 4 * 2**30  # bytes of the expanded file
_DAMAGED = (OSError, ValueError, EOFError, MemoryError, RuntimeError, zipfile.BadZipFile, zlib.error)


def fetch(data: Data, _: Fetch, say: Say) -> Files:
    """Read the file `data.own`.

    Raises:
        DataError: It is no .npz file, is too large, or has no such arrays.
    """
    file = Path(data.own)
    images, labels = _read(file)
    rows, notes = np.stack([own.square(image, data.side) for image in images]), own.changes(images.shape[1:], data.side)
    say(f"{file}: {len(rows)} images. {' '.join(notes)}")
    known = own.unlabelled(rows) if labels is None else Images(rows, *own.numbered(labels.tolist(), str(file)))
    return own.describe(known, name="npz", title=file.stem, notes=notes)


def _read(file: Path) -> tuple[np.ndarray, np.ndarray | None]:
    """Images and labels, checked."""
    try:
        with zipfile.ZipFile(file) as archive:
            size = sum(member.file_size for member in archive.infolist())
        if size > _LIMIT:
            raise DataError(f"{file}: {size:,} bytes when expanded; at most {_LIMIT:,} are allowed")
        with np.load(file, allow_pickle=False) as found:
            if found.files != ["images"] and not {"images", "labels"} <= set(found.files):
                raise DataError(
                    f"{file}: it has the arrays {', '.join(found.files)}; expected `images` and `labels`, or only "
                    "`images` if there are no classes"
                )
            images, labels = found["images"], found.get("labels")
    except _DAMAGED as error:
        raise DataError(f"{file}: not an .npz file of plain arrays ({one_line(error)})") from error
    if images.dtype != np.uint8 or images.ndim not in (3, 4) or images.shape[3:] not in ((), (3,)) or not images.size:
        raise DataError(
            f"{file}: `images` is {images.dtype} of shape {images.shape}; expected uint8 of images × height × width, "
            "with a last axis of 3 for colours"
        )
    if labels is not None and (labels.shape != (len(images),) or labels.dtype.kind not in "iuU"):
        raise DataError(
            f"{file}: `labels` is {labels.dtype} of shape {labels.shape}; expected {len(images)} whole numbers or names"
        )
    return images, labels
