"""Sharpness of images: how much adjacent pixels differ."""

from jaxtyping import Float, Float64
from torch import Tensor


def sharpness(x: Float[Tensor, "images 784"]) -> Float64[Tensor, " images"]:
    """Mean absolute difference between adjacent pixels of every image, horizontally and vertically.

    Args:
        x: Grey levels in [0, 1].

    Returns:
        At least 0; higher is sharper. 0 for an image with a single grey level.
    """
    pictures = x.reshape(-1, 28, 28).double()
    return (pictures.diff(dim=1).abs().mean((1, 2)) + pictures.diff(dim=2).abs().mean((1, 2))) / 2
