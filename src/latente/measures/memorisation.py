"""Distance to the nearest training image. A copy has distance 0."""

import torch
from jaxtyping import Float
from torch import Tensor

_BLOCK = 1000  # images per block of distances


def nearest(x: Float[Tensor, "images pixels"], among: Float[Tensor, "others pixels"]) -> Float[Tensor, " images"]:
    """Euclidean distance from each image to the nearest of the others."""
    squares = among.square().sum(1)
    blocks = zip(among.split(_BLOCK), squares.split(_BLOCK), strict=True)
    parts = [torch.addmm(square, x, part.T, alpha=-2).amin(1) for part, square in blocks]  # |b|² - 2ab, without |a|²
    return (torch.stack(parts).amin(0) + x.square().sum(1)).clamp(min=0).sqrt()
