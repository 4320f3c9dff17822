"""Corrupted images: six kinds, each at five levels. The same seed gives the same images.

A kind uses the same random numbers at all its levels: the same noise, place or direction, only stronger.

References:
    Hendrycks & Dietterich, Benchmarking neural network robustness to common corruptions, 2019.
    https://arxiv.org/abs/1903.12261 (five levels of each kind); Mu & Gilmer, MNIST-C, 2019, arXiv 1906.02337
"""

import math
from collections.abc import Callable, Mapping

import torch
from jaxtyping import Float
from torch import Generator, Tensor
from torch.nn import functional

from latente.data.images import side

Images = Float[Tensor, "images pixels"]
Corruption = Callable[[Images, float, Generator], Images]
"""Images in [0, 1], a level and a source of random numbers -> corrupted images in [0, 1]."""


def noise(x: Images, level: float, generator: Generator) -> Images:
    """Gaussian noise in every pixel; the level is its standard deviation, in grey levels."""
    return (x + level * torch.randn(x.shape, generator=generator)).clamp(0, 1)


def blur(x: Images, level: float, _: Generator) -> Images:
    """A Gaussian blur; the level is its standard deviation, as a share of the side of the image."""
    size = side(x.shape[1])
    offsets = torch.arange(-(size // 2), size // 2 + 1)
    kernel = (-0.5 * (offsets / (level * size)).square()).exp()
    kernel = (kernel / kernel.sum())[None, None, :, None]
    pictures = _square(x)
    for each in (kernel, kernel.transpose(2, 3)):
        pictures = functional.conv2d(pictures, each, padding="same")
    return pictures.reshape(x.shape).clamp(0, 1)


def occlusion(x: Images, level: float, generator: Generator) -> Images:
    """A black square around a random pixel; the level is its side, as a share of the side of the image."""
    size = side(x.shape[1])
    middle = size * torch.rand(2, len(x), 1, generator=generator)
    index = torch.arange(x.shape[1])
    place = torch.stack([index // size, index % size])[:, None] + 0.5
    inside = ((place - middle).abs() < level * size / 2).all(0)
    return x.masked_fill(inside, 0)


def shift(x: Images, level: float, generator: Generator) -> Images:
    """Moved in a random direction; the level is the distance, as a share of the side. What enters is black."""
    turn = 2 * math.pi * torch.rand(len(x), generator=generator)
    moved = torch.eye(2).expand(len(x), 2, 2)
    return _sampled(x, torch.cat([moved, 2 * level * torch.stack([turn.cos(), turn.sin()], 1)[:, :, None]], 2))


def rotation(x: Images, level: float, generator: Generator) -> Images:
    """Turned to the left or to the right, at random; the level is the angle, in degrees. What enters is black."""
    turn = math.radians(level) * (2.0 * torch.randint(2, (len(x),), generator=generator) - 1)
    rows = torch.stack([turn.cos(), -turn.sin(), turn.sin(), turn.cos()], 1).reshape(-1, 2, 2)
    return _sampled(x, torch.cat([rows, torch.zeros(len(x), 2, 1)], 2))


def contrast(x: Images, level: float, _: Generator) -> Images:
    """Grey levels nearer to the mean of their image; the level is the share of the contrast that is lost."""
    mean = x.mean(1, keepdim=True)
    return mean + (1 - level) * (x - mean)


KINDS: Mapping[str, Corruption] = {
    "noise": noise,
    "blur": blur,
    "occlusion": occlusion,
    "shift": shift,
    "rotation": rotation,
    "contrast": contrast,
}

LEVELS: Mapping[str, tuple[float, ...]] = {
    "noise": (0.1, 0.2, 0.3, 0.4, 0.5),
    "blur": (0.02, 0.04, 0.06, 0.08, 0.1),
    "occlusion": (0.15, 0.25, 0.35, 0.45, 0.55),
    "shift": (0.04, 0.08, 0.12, 0.16, 0.2),
    "rotation": (10.0, 20.0, 30.0, 40.0, 50.0),
    "contrast": (0.2, 0.35, 0.5, 0.65, 0.8),
}
"""Kind -> its levels, from light to strong. Units: grey levels, shares of the side, degrees, share of the contrast."""


def levels(x: Images, kind: str, seed: int) -> list[Images]:
    """The images at every level of a kind of corruption."""
    return [KINDS[kind](x, level, Generator().manual_seed(seed)) for level in LEVELS[kind]]


def _square(x: Images) -> Float[Tensor, "images 1 side side"]:
    return x.reshape(len(x), 1, side(x.shape[1]), side(x.shape[1]))


def _sampled(x: Images, place: Float[Tensor, "images 2 3"]) -> Images:
    """The images, read at other places (bilinear); outside is black."""
    pictures = _square(x)
    grid = functional.affine_grid(place, list(pictures.shape), align_corners=False)
    return functional.grid_sample(pictures, grid, align_corners=False).reshape(x.shape).clamp(0, 1)
