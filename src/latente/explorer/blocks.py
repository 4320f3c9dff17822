"""Blocks: the arrays of the page, as base64 text in `<script>` elements that the browser does not run."""

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Shaped

from latente.explorer import quantised
from latente.explorer.layers import Layer

_ALIGNED = 4  # bytes; the browser reads float32 only at multiples of 4


class Block:
    """Some arrays as one run of bytes. The page decodes a block when it needs the first of its arrays.

    Attributes:
        name: Of the block.
        content: All bytes.
    """

    def __init__(self, name: str) -> None:
        self.name, self.content = name, bytearray()

    def add(self, array: Shaped[np.ndarray, "..."]) -> dict[str, Any]:
        """Add an array of bytes, int16 or float32 (float64 is rounded). Return where it is, for the page."""
        kept = array.astype(np.float32) if array.dtype == np.float64 else array
        where = {"block": self.name, "at": len(self.content), "type": kept.dtype.name, "shape": list(kept.shape)}
        raw = np.ascontiguousarray(kept).astype(kept.dtype.newbyteorder("<")).tobytes()
        self.content += raw + bytes(-len(raw) % _ALIGNED)
        return where

    def net(self, layers: Sequence[Layer]) -> list[dict[str, Any]]:
        """Add a network, with the weights as bytes. Return its layers, for the page."""
        return [self._layer(layer) for layer in layers]

    def text(self) -> str:
        """The bytes as base64."""
        return base64.b64encode(self.content).decode()

    def _layer(self, layer: Layer) -> dict[str, Any]:
        shape = {"kind": layer.kind, "inputs": list(layer.inputs), "outputs": list(layer.outputs)}
        sizes = {"kernel": layer.kernel, "stride": layer.stride, "padding": layer.padding}
        if not layer.weight.numel():
            return shape | sizes
        arrays: dict[str, Any] = {"weight": layer.weight, "bias": layer.bias}
        if not quantised.is_small(layer):
            arrays["weight"], arrays["scale"] = quantised.rows(layer.weight)
        return shape | sizes | {name: self.add(array.numpy()) for name, array in arrays.items()}
