"""Images that are not like those of the data set, made from them: twelve kinds train the judge, six only test it.

Every function makes images of one kind. A function leaves out the images that cannot become its kind: of classes that
look like themselves after the change, or without a partner of another class. So the result may have fewer images.
Images without labels are of one class; the partner is then any other image.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int64
from torch import Generator, Tensor
from torch.nn import functional

from latente.data.description import Description
from latente.data.images import side


@dataclass(frozen=True)
class Real:
    """Real images with grey levels in [0, 1], their classes, and the data set that they are from."""

    x: Float[Tensor, "images pixels"]
    labels: Int64[Tensor, " images"]
    data: Description


Kind = Callable[[Real, Generator], Float[Tensor, "made pixels"]]
"""Makes outliers with grey levels in [0, 1] from real images."""


def grey_noise(real: Real, generator: Generator) -> Tensor:
    """Independent grey levels around a random level, with a random spread; some images are nearly of one grey level.

    A quarter of the levels are black.
    """
    level, spread = torch.rand(2, len(real.x), 1, generator=generator)
    level = ((level - 0.25) / 0.75).clamp(min=0)
    noisy: Tensor = level + spread.pow(3) * torch.randn(real.x.shape, generator=generator)
    return noisy.clamp(0, 1)


def smooth_noise(real: Real, generator: Generator) -> Tensor:
    """Clouds: noise blurred over windows of a quarter of the side, and stretched from black to white."""
    return _clouds(real.x, generator)


def gratings(real: Real, generator: Generator) -> Tensor:
    """Parallel waves of random direction and phase, from 4 pixels long to as long as the side."""
    direction, phase, length = torch.rand(3, len(real.x), 1, generator=generator)
    row, column = _grid(real.x)
    frequency = 2 * torch.pi / (4 + (side(real.x.shape[1]) - 4) * length)
    across = column * (2 * torch.pi * direction).cos() + row * (2 * torch.pi * direction).sin()
    waves: Tensor = 0.5 + 0.5 * (frequency * across + 2 * torch.pi * phase).sin()
    return waves


def strokes(real: Real, generator: Generator) -> Tensor:
    """Five straight lines between random points, four pixels thick."""
    row, column = _grid(real.x)
    margin = side(real.x.shape[1]) / 7
    ends = margin + 5 * margin * torch.rand(2, 2, len(real.x), 5, 1, generator=generator)
    (top, left), (down, right) = ends[0], ends[1] - ends[0]
    along = ((row - top) * down + (column - left) * right) / (down.square() + right.square()).clamp(min=1e-6)
    along = along.clamp(0, 1)
    distance: Tensor = (row - top - along * down).square() + (column - left - along * right).square()
    return (2 - distance.amin(1).sqrt()).clamp(0, 1)


def shuffled_patches(real: Real, generator: Generator) -> Tensor:
    """The 16 square patches of each image in random order; the side must be a multiple of 4."""
    size = side(real.x.shape[1]) // 4
    patches = real.x.reshape(-1, 4, size, 4, size).transpose(2, 3).reshape(-1, 16, size**2)
    order = torch.rand(len(real.x), 16, 1, generator=generator).argsort(1).expand(-1, -1, size**2)
    return patches.gather(1, order).reshape(-1, 4, 4, size, size).transpose(2, 3).reshape(real.x.shape)


def mirrored(real: Real, _: Generator) -> Tensor:
    """Left and right exchanged, of classes without mirror symmetry."""
    return _square(_of_classes(real, real.data.turned)).flip(2).flatten(1)


def quarter_turned(real: Real, _: Generator) -> Tensor:
    """Turned left by 90 degrees, of classes without such a symmetry."""
    return _quarter_turn(_of_classes(real, real.data.turned))


def top_and_bottom(real: Real, generator: Generator) -> Tensor:
    """The top half of one image and the bottom half of an image of another class: a relative of `chimeras`."""
    one, other = _pairs(real, generator)
    return torch.where(_half(one)[0], one, other)


def quarters(real: Real, generator: Generator) -> Tensor:
    """Two opposite quarters of one image, the other two of an image of another class: a relative of `chimeras`."""
    one, other = _pairs(real, generator)
    return torch.where(torch.eq(*_half(one)), one, other)


def crossed(real: Real, generator: Generator) -> Tensor:
    """An image added to an image of another class that is turned by 90 degrees: a relative of `overlays`."""
    one, other = _pairs(real, generator)
    return (one + _quarter_turn(other)).clamp(max=1)


def patchwork(real: Real, generator: Generator) -> Tensor:
    """Clouds decide which pixels come from which of two images of different classes: a relative of `chimeras`."""
    one, other = _pairs(real, generator)
    return torch.where(_clouds(one, generator) < 0.5, one, other)


def struck_out(real: Real, generator: Generator) -> Tensor:
    """An image under five straight lines: a relative of `overlays`."""
    return torch.maximum(real.x, strokes(real, generator))


def uniform_noise(real: Real, generator: Generator) -> Tensor:
    """Independent grey levels, uniform in [0, 1]."""
    return torch.rand(real.x.shape, generator=generator)


def negatives(real: Real, _: Generator) -> Tensor:
    """Black and white exchanged."""
    return 1 - real.x


def upside_down(real: Real, _: Generator) -> Tensor:
    """Rotated by 180 degrees, of classes without such a symmetry."""
    return _of_classes(real, real.data.upside_down).flip(1)


def overlays(real: Real, generator: Generator) -> Tensor:
    """The brighter pixel of two images of different classes."""
    return torch.maximum(*_pairs(real, generator))


def chimeras(real: Real, generator: Generator) -> Tensor:
    """The left half of one image and the right half of an image of another class."""
    one, other = _pairs(real, generator)
    return torch.where(_half(one)[1], one, other)


def blurred_blends(real: Real, generator: Generator) -> Tensor:
    """The mean of two images of different classes, blurred over windows of 3 × 3 pixels."""
    one, other = _pairs(real, generator)
    return _blurred((one + other) / 2, 3)


TRAINED: Mapping[str, Kind] = {
    "grey_noise": grey_noise,
    "smooth_noise": smooth_noise,
    "gratings": gratings,
    "strokes": strokes,
    "shuffled_patches": shuffled_patches,
    "mirrored": mirrored,
    "quarter_turned": quarter_turned,
    "top_and_bottom": top_and_bottom,
    "quarters": quarters,
    "patchwork": patchwork,
    "crossed": crossed,
    "struck_out": struck_out,
}
"""The kinds that train the judge."""

HELD_OUT: Mapping[str, Kind] = {
    "uniform_noise": uniform_noise,
    "negatives": negatives,
    "upside_down": upside_down,
    "overlays": overlays,
    "chimeras": chimeras,
    "blurred_blends": blurred_blends,
}
"""The kinds that only test the judge."""


def mixed(real: Real, generator: Generator) -> Float[Tensor, "made pixels"]:
    """Outliers of the trained kinds: every image becomes a kind that is drawn at random, or is left out."""
    drawn = torch.randint(len(TRAINED), (len(real.x),), generator=generator)
    parts = [Real(real.x[drawn == kind], real.labels[drawn == kind], real.data) for kind in range(len(TRAINED))]
    return torch.cat([make(part, generator) for make, part in zip(TRAINED.values(), parts, strict=True)])


def _pairs(real: Real, generator: Generator) -> tuple[Float[Tensor, "pairs pixels"], Float[Tensor, "pairs pixels"]]:
    """Every image with a random partner, if its partner has another class; without labels, if it is another image."""
    partner = torch.randperm(len(real.x), generator=generator)
    kind = real.labels if len(real.data.classes) > 1 else torch.arange(len(real.x))
    differ = kind != kind[partner]
    return real.x[differ], real.x[partner][differ]


def _of_classes(real: Real, classes: Collection[int]) -> Float[Tensor, "chosen pixels"]:
    return real.x[torch.isin(real.labels, torch.tensor(list(classes), dtype=torch.int64))]


def _grid(x: Float[Tensor, "images pixels"]) -> tuple[Int64[Tensor, " pixels"], Int64[Tensor, " pixels"]]:
    """The row and the column of every pixel."""
    index = torch.arange(x.shape[1])
    return index // side(x.shape[1]), index % side(x.shape[1])


def _half(x: Float[Tensor, "images pixels"]) -> tuple[Bool[Tensor, " pixels"], Bool[Tensor, " pixels"]]:
    """Whether a pixel is in the top half, and whether it is in the left half."""
    row, column = _grid(x)
    return row < side(x.shape[1]) // 2, column < side(x.shape[1]) // 2


def _clouds(x: Float[Tensor, "images pixels"], generator: Generator) -> Float[Tensor, "images pixels"]:
    size = side(x.shape[1]) // 4 | 1  # odd, so that the window has a pixel in its middle
    clouds = _blurred(torch.rand(x.shape, generator=generator), size)
    low, high = clouds.amin(1, keepdim=True), clouds.amax(1, keepdim=True)
    return (clouds - low) / (high - low)


def _square(x: Float[Tensor, "images pixels"]) -> Float[Tensor, "images side side"]:
    return x.reshape(len(x), side(x.shape[1]), side(x.shape[1]))


def _quarter_turn(x: Float[Tensor, "images pixels"]) -> Float[Tensor, "images pixels"]:
    return _square(x).rot90(1, (1, 2)).reshape(x.shape)


def _blurred(x: Float[Tensor, "images pixels"], size: int) -> Float[Tensor, "images pixels"]:
    """The mean over the pixels of a square window around each pixel."""
    pictures = _square(x).unsqueeze(1)
    return functional.avg_pool2d(pictures, size, 1, size // 2, count_include_pad=False).reshape(x.shape)
