"""The images of the maps as one picture with sixteen grey levels."""

import io
import math

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from latente.data.images import Images, side

_LEVELS = 16


def columns(count: int) -> int:
    """How many images a row of the picture has.

    Example:
        >>> columns(10)
        4
    """
    return math.isqrt(count - 1) + 1


def sheet(images: Images) -> bytes:
    """A PNG with all images, row by row; 4 bits for each pixel."""
    across, size = columns(len(images)), side(images.pixels.shape[1])
    tiles = np.zeros((across * -(-len(images) // across), size, size), dtype=np.uint8)
    tiles[: len(images)] = _levels(images.pixels).reshape(-1, size, size)
    picture = tiles.reshape(-1, across, size, size).swapaxes(1, 2).reshape(-1, across * size)
    drawn = Image.fromarray(picture, mode="P")
    drawn.putpalette([level * 17 for level in range(_LEVELS) for _ in "rgb"])
    stream = io.BytesIO()
    drawn.save(stream, "PNG", bits=4, optimize=True)
    return stream.getvalue()


def _levels(pixels: UInt8[np.ndarray, "images pixels"]) -> UInt8[np.ndarray, "images pixels"]:
    """The nearest of sixteen grey levels, 0..15."""
    return np.asarray((pixels.astype(np.uint16) + 8) // 17, dtype=np.uint8)
