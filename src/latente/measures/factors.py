"""What images differ in besides their class: thickness, slant, width, height, ink, position.

References:
    Castro, Tan, Kainz, Konukoglu & Glocker 2019, Morpho-MNIST, https://arxiv.org/abs/1809.10780 (section 3: thickness
    from the skeleton and the distance transform, slant from image moments, width and height after the slant is removed)
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.ndimage import distance_transform_edt, zoom
from skimage.morphology import skeletonize

Images = Float[np.ndarray, "images pixels"]
Values = Float[np.ndarray, " images"]

STROKES = ("thickness", "slant", "width", "height")
"""The factors of a stroke; images without strokes have no such factors."""

POSITIONS = ("across", "down")

NAMES = (*STROKES, "ink", *POSITIONS)

_FINE = 56  # pixels of the side at which thickness is measured: smaller images are enlarged
_INSIDE = 0.98  # share of the ink between the two ends of a width or a height
_THIN = 0.5  # the thickest place of a stroke is thinner than this share of the image's width and height
_MOVES = 0.5  # pixels: rounding a position to whole pixels alone gives a standard deviation of 0.29
_TINY = 1e-9


@dataclass(frozen=True)
class Factors:
    """The factors of some images.

    Attributes:
        values: Name of every factor -> its value for each image; 0 for an image without ink.
        fullness: Thickness at the thickest place, divided by the smaller of width and height; low for thin strokes,
            near 1 for filled shapes.
    """

    values: Mapping[str, Values]
    fullness: Values

    @property
    def count(self) -> int:
        """Number of images."""
        return len(self.fullness)

    def are_strokes(self) -> bool:
        """Whether the images show strokes: half of the images or more have a fullness below a half."""
        return float(np.median(self.fullness)) < _THIN

    def useful(self) -> list[str]:
        """The factors that describe these images, in the order of `NAMES`.

        Without strokes, the factors of strokes are left out. A position is left out if its standard deviation is below
        half a pixel, as in centred images. A constant factor is left out.
        """
        names = [name for name in NAMES if name not in STROKES or self.are_strokes()]
        return [name for name in names if self.values[name].std() > (_MOVES if name in POSITIONS else _TINY)]

    def table(self, names: list[str]) -> Float[np.ndarray, "images factors"]:
        """Some factors as columns."""
        return np.array([self.values[name] for name in names]).reshape(len(names), self.count).T


def measure(x: Images) -> Factors:
    """All factors of square images with grey levels in [0, 1]; ink is bright. Lengths are in pixels.

    Returns:
        thickness: Twice the distance from the skeleton to the background, mean over the skeleton.
        slant: Pixels to the right for each pixel upwards, from the second moments; 0 is upright.
        width, height: Of the part with 98 % of the ink, after the slant is removed.
        ink: Mean grey level, in [0, 1].
        across, down: Centre of the ink, to the right of the centre of the image, and below it.
    """
    side = math.isqrt(x.shape[1])
    down, across = (axis.ravel() - (side - 1) / 2 for axis in np.mgrid[:side, :side])
    x = x.astype(np.float64)
    total = np.maximum(x.sum(1), _TINY)
    middle_across, middle_down = x @ across / total, x @ down / total
    right, below = across - middle_across[:, None], down - middle_down[:, None]
    slant = -(x * right * below).sum(1) / np.maximum((x * below**2).sum(1), _TINY)
    mean, greatest = np.array([_thickness(one.reshape(side, side)) for one in x]).T
    width, height = _extent(x, right + slant[:, None] * below), _extent(x, below)
    values = {"thickness": mean, "slant": slant, "width": width, "height": height, "ink": x.mean(1)}
    values |= {"across": middle_across, "down": middle_down}
    return Factors(values, greatest / np.maximum(np.minimum(width, height), 1))


def _thickness(image: Float[np.ndarray, "side side"]) -> tuple[float, float]:
    """Thickness in pixels: mean over the skeleton, and at the thickest place."""
    finer = max(1, round(_FINE / len(image)))
    ink = np.pad(zoom(image, finer, order=1) > max(float(image.max()), _TINY) / 2, 1)
    if not ink.any():
        return 0.0, 0.0
    distance = 2 * distance_transform_edt(ink) / finer
    return float(distance[skeletonize(ink)].mean()), float(distance.max())


def _extent(x: Images, position: Float[np.ndarray, "images pixels"]) -> Values:
    """The length of the interval of positions with most of the ink; each end leaves out the same share."""
    order = np.argsort(position, axis=1)
    ink, place = np.take_along_axis(x, order, 1).cumsum(1), np.take_along_axis(position, order, 1)
    start, end = (
        np.take_along_axis(place, (ink < share * ink[:, -1:]).sum(1, keepdims=True), 1)[:, 0]
        for share in ((1 - _INSIDE) / 2, (1 + _INSIDE) / 2)
    )
    return np.asarray((end - start + 1) * (ink[:, -1] > 0))
