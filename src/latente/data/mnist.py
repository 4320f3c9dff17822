"""The 70,000 MNIST images in memory, as bytes."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float32, Int64, UInt8

from latente.data import idx
from latente.errors import DataError
from latente.project import digests

MD5 = {
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}
"""Name of each canonical file, uncompressed -> its MD5."""

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

    @property
    def grey(self) -> Float32[np.ndarray, "images 784"]:
        """Grey levels in [0, 1]."""
        return self.pixels.astype(np.float32) / 255


def load(folder: Path) -> tuple[Images, Images]:
    """Read the canonical files, and check the MD5 of every file.

    Args:
        folder: Folder with the four uncompressed IDX files.

    Returns:
        The 60,000 training images and the 10,000 test images, in the canonical order.

    Raises:
        DataError: A file is missing or is not the canonical one.
    """
    return _part(folder, "train"), _part(folder, "t10k")


def check_classes(labels: UInt8[np.ndarray, " images"]) -> None:
    """Check that every class has at least one image.

    Raises:
        DataError: A class has no image. The message names the class.
    """
    if missing := sorted(set(range(CLASSES)) - set(labels.tolist())):
        raise DataError(
            f"no image of class {', '.join(map(str, missing))} in {len(labels)} images; choose more images in `split`"
        )


def _part(folder: Path, name: str) -> Images:
    pixels = _read(folder / f"{name}-images-idx3-ubyte", ndim=3)
    labels = _read(folder / f"{name}-labels-idx1-ubyte", ndim=1)
    return Images(pixels.reshape(len(pixels), PIXELS), labels)


def _read(file: Path, ndim: int) -> UInt8[np.ndarray, "..."]:
    array = idx.read(file, ndim)
    if (digest := digests.digest(file)) != MD5[file.name]:
        raise DataError(
            f"{file}: not the canonical file (its MD5 is {digest}, expected {MD5[file.name]}); delete it and run "
            "`dvc repro fetch`"
        )
    return array
