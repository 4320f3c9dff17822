"""The seventy thousand digits in memory, as bytes."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Int64, UInt8

from latente.data import idx
from latente.errors import DataError

MD5 = {
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}
"""The canonical files, uncompressed."""

PIXELS = 784
CLASSES = 10


@dataclass(frozen=True)
class Images:
    """Images as flat rows of grey levels in 0..255, with their classes in 0..9."""

    pixels: UInt8[np.ndarray, "images 784"]
    labels: UInt8[np.ndarray, " images"]

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: Int64[np.ndarray, " chosen"]) -> "Images":
        return Images(self.pixels[index], self.labels[index])


def load(folder: Path) -> tuple[Images, Images]:
    """Read the canonical files.

    Args:
        folder: Holds the four uncompressed IDX files.

    Returns:
        The 60,000 training images and the 10,000 test images, in the canonical order.

    Raises:
        DataError: A file is missing, damaged, or does not hold 28 x 28 images with one class each.
    """
    return _part(folder, "train"), _part(folder, "t10k")


def _part(folder: Path, name: str) -> Images:
    pixels = idx.read(folder / f"{name}-images-idx3-ubyte", ndim=3)
    labels = idx.read(folder / f"{name}-labels-idx1-ubyte", ndim=1)
    if pixels.shape[1:] != (28, 28) or len(pixels) != len(labels) or labels.max(initial=0) >= CLASSES:
        raise DataError(
            f"{folder}: {name} holds images of shape {pixels.shape} and labels of shape {labels.shape} up to "
            f"{labels.max(initial=0)}; expected 28 x 28 images with one class in 0..9 each; fetch again"
        )
    return Images(pixels.reshape(len(pixels), PIXELS), labels)
