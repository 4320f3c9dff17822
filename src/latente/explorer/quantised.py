"""Weights as bytes: one scale for each row. A network is then a quarter as large, and nearly as accurate.

A small layer keeps its weights: it needs little room, and an error in the first layer grows in all others.
"""

from collections.abc import Sequence
from dataclasses import replace

import torch
from jaxtyping import Float, Int8
from torch import Tensor

from latente.explorer.layers import Layer

_LARGEST = 127
_SMALL = 8192  # weights


def rows(
    weight: Float[Tensor, "rows columns"],
) -> tuple[Int8[Tensor, "rows columns"], Float[Tensor, " rows"]]:
    """Whole numbers in -127..127, and the scale of each row: `weight` is about `numbers * scale`.

    The largest error in a row is half of its scale. A row of zeros has scale 0.

    Example:
        >>> numbers, scale = rows(torch.tensor([[1.27, -0.5], [0.0, 0.0]]))
        >>> numbers.tolist()
        [[127, -50], [0, 0]]
    """
    scale = weight.abs().amax(1) / _LARGEST
    numbers = (weight / torch.where(scale > 0, scale, 1)[:, None]).round()
    return numbers.to(torch.int8), scale


def rounded(layers: Sequence[Layer]) -> list[Layer]:
    """The same layers with the weights that the page has."""
    return [layer if is_small(layer) else replace(layer, weight=_again(layer.weight)) for layer in layers]


def is_small(layer: Layer) -> bool:
    """Whether a layer keeps its weights; also true of a layer without weights."""
    return layer.weight.numel() <= _SMALL


def _again(weight: Float[Tensor, "rows columns"]) -> Float[Tensor, "rows columns"]:
    numbers, scale = rows(weight)
    return numbers * scale[:, None]
