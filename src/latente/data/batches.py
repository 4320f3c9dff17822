"""Batches of grey levels; the images stay in memory as bytes."""

from collections.abc import Iterator

import torch
from jaxtyping import Float, Int64, UInt8
from torch import Generator, Tensor

from latente.data.images import Images


def pixels(images: Images) -> UInt8[Tensor, "images pixels"]:
    """The images as one tensor of bytes."""
    return torch.tensor(images.pixels)


def grey(pixels: UInt8[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """Bytes as grey levels in [0, 1].

    Example:
        >>> grey(torch.tensor([[0, 51, 255]], dtype=torch.uint8))
        tensor([[0.0000, 0.2000, 1.0000]])
    """
    return pixels.float().div_(255)


def whole(images: Images) -> Float[Tensor, "images pixels"]:
    """All images at once, as grey levels in [0, 1]."""
    return grey(pixels(images))


def in_order(images: Images, size: int = 1000) -> Iterator[Float[Tensor, "batch pixels"]]:
    """Batches that cover all images once, in their order."""
    for part in pixels(images).split(size):
        yield grey(part)


def shuffled(
    pixels: UInt8[Tensor, "images pixels"], size: int, generator: Generator
) -> Iterator[Int64[Tensor, " batch"]]:
    """Batches of indices that cover every image once, in random order; the last batch may be smaller.

    Args:
        pixels: The images. The indices are on the same device.
        size: Number of images per batch.
        generator: Source of the order. It is on the CPU, so the order is the same on every device.
    """
    yield from torch.randperm(len(pixels), generator=generator).to(pixels.device).split(size)
