"""Networks as lists of simple layers: the form in which the page computes them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from latente.errors import LatenteError

Kind = Literal["dense", "conv", "deconv", "pool", "relu"]

Shape = tuple[int, int]
"""Channels, and side of a square map; a flat vector has side 1."""

_SHAPING = (nn.Flatten, nn.Unflatten)


@dataclass(frozen=True)
class Layer:
    """One layer; between layers an image is a flat row: channel, row, column.

    Attributes:
        kind: What it computes.
        inputs: Shape of its input.
        outputs: Shape of its output.
        weight: One row for each output channel: (input channel, row, column) flat; empty for `pool` and `relu`.
        bias: One number for each output channel.
        kernel: Side of the kernel; 1 for a dense layer.
        stride: Of the kernel.
        padding: Of the input, in pixels on each side.
    """

    kind: Kind
    inputs: Shape
    outputs: Shape
    weight: Float[Tensor, "out columns"]
    bias: Float[Tensor, " out"]
    kernel: int = 1
    stride: int = 1
    padding: int = 0


def of(modules: Sequence[nn.Module], inputs: Shape) -> list[Layer]:
    """The layers of trained modules that run one after another.

    A batch normalisation becomes part of the convolution before it.

    Args:
        modules: Trained modules; their parts must run in the order in which they were created.
        inputs: Shape of the input of the first.

    Raises:
        LatenteError: A module is of a kind that the page cannot compute.
    """
    parts = [part for module in modules for part in module.modules() if not list(part.children())]
    following: Iterable[nn.Module | None] = [*parts[1:], None]
    layers: list[Layer] = []
    shape = inputs
    for part, after in zip(parts, following, strict=True):
        if isinstance(part, nn.Unflatten):
            shape = (part.unflattened_size[0], part.unflattened_size[1])
        elif not isinstance(part, (*_SHAPING, nn.BatchNorm2d)):
            layers.append(_layer(part, shape, after))
            shape = layers[-1].outputs
    return layers


def _layer(part: nn.Module, shape: Shape, after: nn.Module | None) -> Layer:
    match part:
        case nn.Linear():
            return Layer("dense", shape, (part.out_features, 1), part.weight.detach(), part.bias.detach())
        case nn.Conv2d():
            return _convolution(part, shape, after)
        case nn.ConvTranspose2d():
            return _transposed(part, shape)
        case nn.MaxPool2d():
            return _plain("pool", shape, (shape[0], shape[1] // _first(part.kernel_size)))
        case nn.ReLU():
            return _plain("relu", shape, shape)
        case _:
            raise LatenteError(f"the explorer cannot compute the layer {type(part).__name__}; add it to `layers.py`")


def _plain(kind: Kind, inputs: Shape, outputs: Shape) -> Layer:
    """A layer without weights."""
    size = inputs[1] // outputs[1]
    return Layer(kind, inputs, outputs, torch.empty(0, 0), torch.empty(0), kernel=size, stride=size)


def _convolution(part: nn.Conv2d, shape: Shape, after: nn.Module | None) -> Layer:
    kernel, stride, padding = _first(part.kernel_size), _first(part.stride), _first(part.padding)
    side = (shape[1] + 2 * padding - kernel) // stride + 1
    weight, bias = part.weight.detach(), _bias(part)
    if isinstance(after, nn.BatchNorm2d):
        weight, bias = _normalised(weight, bias, after)
    return Layer("conv", shape, (part.out_channels, side), weight.flatten(1), bias, kernel, stride, padding)


def _transposed(part: nn.ConvTranspose2d, shape: Shape) -> Layer:
    kernel, stride, padding = _first(part.kernel_size), _first(part.stride), _first(part.padding)
    side = (shape[1] - 1) * stride - 2 * padding + kernel
    weight = part.weight.detach().transpose(0, 1).flatten(1)  # torch has the input channels first
    return Layer("deconv", shape, (part.out_channels, side), weight, _bias(part), kernel, stride, padding)


def _normalised(
    weight: Float[Tensor, "out into kernel kernel"], bias: Float[Tensor, " out"], norm: nn.BatchNorm2d
) -> tuple[Float[Tensor, "out into kernel kernel"], Float[Tensor, " out"]]:
    """The weights of a convolution that also computes the trained normalisation after it."""
    assert norm.running_mean is not None
    assert norm.running_var is not None
    factor = norm.weight.detach() / (norm.running_var + norm.eps).sqrt()
    return weight * factor[:, None, None, None], (bias - norm.running_mean) * factor + norm.bias.detach()


def _bias(part: nn.Conv2d | nn.ConvTranspose2d) -> Float[Tensor, " out"]:
    return torch.zeros(part.out_channels) if part.bias is None else part.bias.detach()


def _first(sizes: int | str | tuple[int, ...]) -> int:
    """Kernels are square."""
    return int(sizes[0]) if isinstance(sizes, tuple) else int(sizes)


@torch.no_grad()
def run(layers: Sequence[Layer], x: Float[Tensor, "batch inputs"]) -> Float[Tensor, "batch outputs"]:
    """The output of the layers for flat inputs."""
    assert all(a.outputs[0] * a.outputs[1] ** 2 == b.inputs[0] * b.inputs[1] ** 2 for a, b in pairwise(layers))
    for layer in layers:
        x = _run(layer, x)
    return x


def _run(layer: Layer, x: Float[Tensor, "batch inputs"]) -> Float[Tensor, "batch outputs"]:
    if layer.kind == "relu":
        return x.relu()
    if layer.kind == "dense":
        return functional.linear(x, layer.weight, layer.bias)
    (channels, side), size = layer.inputs, layer.kernel
    maps = x.reshape(-1, channels, side, side)
    if layer.kind == "pool":
        return functional.max_pool2d(maps, size).flatten(1)
    kernels = layer.weight.reshape(layer.outputs[0], channels, size, size)
    if layer.kind == "conv":
        return functional.conv2d(maps, kernels, layer.bias, layer.stride, layer.padding).flatten(1)
    turned = kernels.transpose(0, 1)
    return functional.conv_transpose2d(maps, turned, layer.bias, layer.stride, layer.padding).flatten(1)
