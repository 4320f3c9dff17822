"""Images in memory, as bytes, with their classes."""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int64, UInt8

from latente.errors import DataError


@dataclass(frozen=True)
class Images:
    """Square images as flat rows of grey levels in 0..255, with their classes.

    Attributes:
        pixels: The rows of each image, one after another.
        labels: Class of every image; class N has the name `names[N]`.
        names: Of all classes, also of those that have no image here. Images without labels are of one class.
    """

    pixels: UInt8[np.ndarray, "images pixels"]
    labels: UInt8[np.ndarray, " images"]
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: Int64[np.ndarray, " chosen"]) -> "Images":
        return Images(self.pixels[index], self.labels[index], self.names)

    def __add__(self, other: "Images") -> "Images":
        return Images(
            np.concatenate([self.pixels, other.pixels]), np.concatenate([self.labels, other.labels]), self.names
        )

    @property
    def are_labelled(self) -> bool:
        """Whether there are classes to compare."""
        return len(self.names) > 1

    @property
    def grey(self) -> Float32[np.ndarray, "images pixels"]:
        """Grey levels in [0, 1]."""
        return self.pixels.astype(np.float32) / 255


def side(pixels: int) -> int:
    """The side of a square image, from its number of pixels.

    Example:
        >>> side(64)
        8
    """
    return math.isqrt(pixels)


def check_classes(images: Images, part: str = "") -> None:
    """Check that every class has at least one image.

    Args:
        images: Of one part of the split.
        part: Its name, for the error.

    Raises:
        DataError: A class has no image. The message names the class.
    """
    missing = [images.names[index] for index in sorted(set(range(len(images.names))) - set(images.labels.tolist()))]
    if missing:
        where = f"{len(images)} {part} images" if part else f"{len(images)} images"
        raise DataError(f"no image of class {', '.join(missing)} in {where}; choose more images in `split`")
