"""Sharpness of images: how much adjacent pixels differ."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float64
from torch import Tensor

from latente.data.images import side

_BINS = 20


def sharpness(x: Float[Tensor, "images pixels"]) -> Float64[Tensor, " images"]:
    """Mean absolute difference between adjacent pixels of every image, horizontally and vertically.

    Args:
        x: Grey levels in [0, 1].

    Returns:
        At least 0; higher is sharper. 0 for an image with a single grey level.
    """
    pictures = x.reshape(-1, side(x.shape[1]), side(x.shape[1])).double()
    return (pictures.diff(dim=1).abs().mean((1, 2)) + pictures.diff(dim=2).abs().mean((1, 2))) / 2


@dataclass(frozen=True)
class Expected:
    """The mean sharpness of real images that have as much ink as an image. Ink is the mean grey level.

    A thick line has more ink than a thin one, and more edge. So the sharpness of images with other lines does not
    compare; the sharpness at equal ink does.

    Attributes:
        edges: Ink between two bins of real images; every bin has as many images.
        sharpness: Mean of every bin.
    """

    edges: Float64[np.ndarray, " edges"]
    sharpness: Float64[np.ndarray, " bins"]

    @classmethod
    def of(cls, real: Float[Tensor, "images pixels"]) -> "Expected":
        """From real images, at least one for each bin."""
        ink, values = real.double().mean(1).numpy(), sharpness(real).numpy()
        parts = np.array_split(np.argsort(ink, kind="stable"), min(_BINS, len(ink)))
        edges = np.array([ink[part[0]] for part in parts[1:]])
        means = np.array([values[part].mean() for part in parts])
        return cls(edges, np.where(means == 0, values.mean(), means))  # a bin of images with a single grey level

    def at_ink(self, x: Float[Tensor, "images pixels"]) -> Float64[np.ndarray, " images"]:
        """The sharpness of every image, divided by that of real images with as much ink; 1 is as sharp as they are."""
        bins = np.searchsorted(self.edges, x.double().mean(1).numpy(), side="right")
        return np.asarray(sharpness(x).numpy() / self.sharpness[bins])
