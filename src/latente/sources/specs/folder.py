"""Your own pictures: a folder with one folder for each class, or with all pictures, if they have no labels.

The name of a folder is the name of its class.
"""

import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from latente.data.images import Images
from latente.errors import DataError, one_line
from latente.project.sections import Data, Fetch
from latente.sources import own
from latente.sources.known import Files, Say

_LIMIT = 50_000_000  # pixels of a picture; a small file can expand to far more
_FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP", "PPM")  # others, such as EPS, start programs
_GREY, _COLOUR = ("1", "L"), ("RGB", "P", "CMYK", "YCbCr")
_TRANSPARENT = ("LA", "PA", "RGBA")


def fetch(data: Data, _: Fetch, say: Say) -> Files:
    """Read all pictures in the folder `data.own`, in the order of their names.

    Raises:
        DataError: A file is no picture of a class, pictures differ in size, or there is only one class.
    """
    folder = Path(data.own)
    files, rows, shape = list(_files(folder)), [], tuple[int, ...]()
    for file in files:
        picture = _read(file)
        shape = shape or picture.shape
        if picture.shape != shape:
            raise DataError(f"{file} has {_named(picture.shape)}, but {files[0]} has {_named(shape)}; make all alike")
        rows.append(own.square(picture, data.side))
    notes = own.changes(shape, data.side)
    say(f"{folder}: {len(rows)} pictures. {' '.join(notes)}")
    classes = [file.relative_to(folder).parts[0] for file in files if file.parent != folder]
    images = Images(np.stack(rows), *own.numbered(classes, str(folder))) if classes else own.unlabelled(np.stack(rows))
    return own.describe(images, name="folder", title=folder.resolve().name, notes=notes)


def _files(folder: Path) -> Iterator[Path]:
    """The files of all classes, sorted; names that start with a dot do not count.

    Raises:
        DataError: There is no folder or no file, some files are in a class and others not, or a link leads out of the
            folder.
    """
    if not folder.is_dir():
        raise DataError(f"{folder}: no such folder; data.own in params.yaml names it")
    every = [file for file in sorted(folder.rglob("*")) if not _hidden(file.relative_to(folder))]
    files = [file for file in every if not file.is_dir()]
    if linked := [file for file in every if file.is_symlink() and (file.is_dir() or not _inside(file, folder))]:
        raise DataError(f"{linked[0]}: a link to a folder, or out of {folder}; copy what it names")
    if not files:
        raise DataError(f"{folder}: no pictures; put each picture in {folder}/CLASS/, or, without classes, in {folder}")
    have_classes = any(file.parent != folder for file in files)
    for file in files:
        if len(file.relative_to(folder).parts) != 1 + have_classes:
            raise DataError(
                f"{file}: not in the folder of a class, as other pictures are; put it in {folder}/CLASS/, or remove "
                f"it; without classes, put all pictures in {folder}"
            )
        yield file


def _hidden(file: Path) -> bool:
    return any(part.startswith(".") for part in file.parts)


def _inside(file: Path, folder: Path) -> bool:
    return file.resolve().is_relative_to(folder.resolve())


def _read(file: Path) -> np.ndarray:
    """The grey levels or the colours of one picture. Transparent parts become white.

    Raises:
        DataError: It is no picture, is damaged or too large, or does not have 8 bits for a grey level or colour.
    """
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(file, formats=_FORMATS) as found:
            if found.width * found.height > _LIMIT:
                raise DataError(f"{file}: {found.width} × {found.height} pixels; at most {_LIMIT:,} pixels are allowed")
            if getattr(found, "n_frames", 1) > 1:
                raise DataError(f"{file}: several pictures in one file; a file has one picture")
            return _pixels(ImageOps.exif_transpose(found), file)
    except UnidentifiedImageError as error:
        raise DataError(f"{file}: not a picture in the format {', '.join(_FORMATS)}") from error
    except Image.DecompressionBombError as error:
        raise DataError(f"{file}: more than 100 million pixels; at most {_LIMIT:,} pixels are allowed") from error
    except (OSError, SyntaxError, ValueError) as error:
        raise DataError(f"{file}: a damaged picture ({one_line(error)})") from error


def _pixels(picture: Image.Image, file: Path) -> np.ndarray:
    if picture.mode in _TRANSPARENT or "transparency" in picture.info:
        above = picture.convert("RGBA")
        return np.asarray(Image.alpha_composite(Image.new("RGBA", above.size, "white"), above).convert("RGB"))
    if picture.mode not in _GREY + _COLOUR:
        raise DataError(f"{file}: pixels of the kind {picture.mode}; expected 8 bits for a grey level or a colour")
    return np.asarray(picture.convert("L" if picture.mode in _GREY else "RGB"))


def _named(shape: tuple[int, ...]) -> str:
    return f"{shape[1]} × {shape[0]} pixels {'in colour' if len(shape) == 3 else 'in grey'}"
