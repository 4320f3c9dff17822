"""Images that are no digits, made from real images: twelve kinds train the judge, and six other kinds only test it.

Every function makes images of one kind. A function leaves out the images that cannot become its kind: of classes that
look like digits after the change, or without a partner of another class. So the result may have fewer images.
"""

from collections.abc import Callable, Collection, Mapping

import torch
from jaxtyping import Float, Int64
from torch import Generator, Tensor
from torch.nn import functional

Kind = Callable[
    [Float[Tensor, "images 784"], Int64[Tensor, " images"], Generator],
    Float[Tensor, "made 784"],
]
"""Makes non-digits with grey levels in [0, 1] from real images with their classes."""

_UPSIDE_DOWN = (2, 3, 4, 5, 7)
"""Classes that show no digit upside down: 0, 1 and 8 look like themselves, 6 and 9 like each other."""

_ASYMMETRIC = (2, 3, 4, 5, 6, 7, 9)
"""Classes that show no digit in a mirror or after a quarter turn."""


def grey_noise(x: Float[Tensor, "images 784"], _: Int64[Tensor, " images"], generator: Generator) -> Tensor:
    """Independent grey levels around a random level, with a random spread; some images are nearly of one grey level.

    A quarter of the levels are black.
    """
    level, spread = torch.rand(2, len(x), 1, generator=generator)
    level = ((level - 0.25) / 0.75).clamp(min=0)
    noisy: Tensor = level + spread.pow(3) * torch.randn(x.shape, generator=generator)
    return noisy.clamp(0, 1)


def smooth_noise(x: Float[Tensor, "images 784"], _: Int64[Tensor, " images"], generator: Generator) -> Tensor:
    """Clouds: noise blurred over windows of 7 × 7 pixels, and stretched from black to white."""
    return _clouds(x, generator)


def gratings(x: Float[Tensor, "images 784"], _: Int64[Tensor, " images"], generator: Generator) -> Tensor:
    """Parallel waves of random direction and phase, 4 to 28 pixels long."""
    direction, phase, length = torch.rand(3, len(x), 1, generator=generator)
    frequency = 2 * torch.pi / (4 + 24 * length)
    across = _COLUMN * (2 * torch.pi * direction).cos() + _ROW * (2 * torch.pi * direction).sin()
    waves: Tensor = 0.5 + 0.5 * (frequency * across + 2 * torch.pi * phase).sin()
    return waves


def strokes(x: Float[Tensor, "images 784"], _: Int64[Tensor, " images"], generator: Generator) -> Tensor:
    """Five straight lines between random points, as thick as the lines of digits."""
    ends = 4 + 20 * torch.rand(2, 2, len(x), 5, 1, generator=generator)
    (top, left), (down, right) = ends[0], ends[1] - ends[0]
    along = ((_ROW - top) * down + (_COLUMN - left) * right) / (down.square() + right.square()).clamp(min=1e-6)
    along = along.clamp(0, 1)
    distance: Tensor = (_ROW - top - along * down).square() + (_COLUMN - left - along * right).square()
    return (2 - distance.amin(1).sqrt()).clamp(0, 1)


def shuffled_patches(x: Float[Tensor, "images 784"], _: Int64[Tensor, " images"], generator: Generator) -> Tensor:
    """The 16 patches of 7 × 7 pixels of each image in random order."""
    patches = x.reshape(-1, 4, 7, 4, 7).transpose(2, 3).reshape(-1, 16, 49)
    order = torch.rand(len(x), 16, 1, generator=generator).argsort(1)
    return patches.gather(1, order.expand(-1, -1, 49)).reshape(-1, 4, 4, 7, 7).transpose(2, 3).reshape(-1, 784)


def mirrored(x: Float[Tensor, "images 784"], labels: Int64[Tensor, " images"], _: Generator) -> Tensor:
    """Left and right exchanged, of classes without mirror symmetry."""
    return _square(_of_classes(x, labels, _ASYMMETRIC)).flip(2).reshape(-1, 784)


def quarter_turned(x: Float[Tensor, "images 784"], labels: Int64[Tensor, " images"], _: Generator) -> Tensor:
    """Turned left by 90 degrees, of all classes except 0, 1 and 8."""
    return _quarter_turn(_of_classes(x, labels, _ASYMMETRIC))


def top_and_bottom(x: Float[Tensor, "images 784"], labels: Int64[Tensor, " images"], generator: Generator) -> Tensor:
    """The top half of one digit and the bottom half of a digit of another class: a relative of `chimeras`."""
    one, other = _pairs(x, labels, generator)
    return torch.where(_ROW < 14, one, other)


def quarters(x: Float[Tensor, "images 784"], labels: Int64[Tensor, " images"], generator: Generator) -> Tensor:
    """Two opposite quarters of one digit, the other two of a digit of another class: a relative of `chimeras`."""
    one, other = _pairs(x, labels, generator)
    return torch.where((_ROW < 14) == (_COLUMN < 14), one, other)


def crossed(x: Float[Tensor, "images 784"], labels: Int64[Tensor, " images"], generator: Generator) -> Tensor:
    """A digit added to a digit of another class that is turned by 90 degrees: a relative of `overlays`."""
    one, other = _pairs(x, labels, generator)
    return (one + _quarter_turn(other)).clamp(max=1)


def patchwork(x: Float[Tensor, "images 784"], labels: Int64[Tensor, " images"], generator: Generator) -> Tensor:
    """Clouds decide which pixels come from which of two digits of different classes: a relative of `chimeras`."""
    one, other = _pairs(x, labels, generator)
    return torch.where(_clouds(one, generator) < 0.5, one, other)


def struck_out(x: Float[Tensor, "images 784"], labels: Int64[Tensor, " images"], generator: Generator) -> Tensor:
    """A digit under five straight lines: a relative of `overlays`."""
    return torch.maximum(x, strokes(x, labels, generator))


def uniform_noise(x: Float[Tensor, "images 784"], _: Int64[Tensor, " images"], generator: Generator) -> Tensor:
    """Independent grey levels, uniform in [0, 1]."""
    return torch.rand(x.shape, generator=generator)


def negatives(x: Float[Tensor, "images 784"], _labels: Int64[Tensor, " images"], _: Generator) -> Tensor:
    """Black and white exchanged."""
    return 1 - x


def upside_down(x: Float[Tensor, "images 784"], labels: Int64[Tensor, " images"], _: Generator) -> Tensor:
    """Rotated by 180 degrees, of the classes 2, 3, 4, 5 and 7."""
    return _of_classes(x, labels, _UPSIDE_DOWN).flip(1)


def overlays(x: Float[Tensor, "images 784"], labels: Int64[Tensor, " images"], generator: Generator) -> Tensor:
    """The brighter pixel of two digits of different classes."""
    return torch.maximum(*_pairs(x, labels, generator))


def chimeras(x: Float[Tensor, "images 784"], labels: Int64[Tensor, " images"], generator: Generator) -> Tensor:
    """The left half of one digit and the right half of a digit of another class."""
    one, other = _pairs(x, labels, generator)
    return torch.where(_COLUMN < 14, one, other)


def blurred_blends(x: Float[Tensor, "images 784"], labels: Int64[Tensor, " images"], generator: Generator) -> Tensor:
    """The mean of two digits of different classes, blurred over windows of 3 × 3 pixels."""
    one, other = _pairs(x, labels, generator)
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

_ROW = torch.arange(784) // 28
_COLUMN = torch.arange(784) % 28


def mixed(
    x: Float[Tensor, "images 784"], labels: Int64[Tensor, " images"], generator: Generator
) -> Float[Tensor, "made 784"]:
    """Non-digits of the trained kinds: every image becomes a kind that is drawn at random, or is left out."""
    drawn = torch.randint(len(TRAINED), (len(x),), generator=generator)
    made = [make(x[drawn == kind], labels[drawn == kind], generator) for kind, make in enumerate(TRAINED.values())]
    return torch.cat(made)


def _pairs(
    x: Float[Tensor, "images 784"], labels: Int64[Tensor, " images"], generator: Generator
) -> tuple[Float[Tensor, "pairs 784"], Float[Tensor, "pairs 784"]]:
    """Every image with a random partner, if its partner has another class."""
    partner = torch.randperm(len(x), generator=generator)
    differ = labels != labels[partner]
    return x[differ], x[partner][differ]


def _of_classes(
    x: Float[Tensor, "images 784"], labels: Int64[Tensor, " images"], classes: Collection[int]
) -> Float[Tensor, "chosen 784"]:
    return x[torch.isin(labels, torch.tensor(classes))]


def _clouds(x: Float[Tensor, "images 784"], generator: Generator) -> Float[Tensor, "images 784"]:
    clouds = _blurred(torch.rand(x.shape, generator=generator), 7)
    low, high = clouds.amin(1, keepdim=True), clouds.amax(1, keepdim=True)
    return (clouds - low) / (high - low)


def _square(x: Float[Tensor, "images 784"]) -> Float[Tensor, "images 28 28"]:
    return x.reshape(-1, 28, 28)


def _quarter_turn(x: Float[Tensor, "images 784"]) -> Float[Tensor, "images 784"]:
    return _square(x).rot90(1, (1, 2)).reshape(-1, 784)


def _blurred(x: Float[Tensor, "images 784"], size: int) -> Float[Tensor, "images 784"]:
    """The mean over the pixels of a square window around each pixel."""
    pictures = x.reshape(-1, 1, 28, 28)
    return functional.avg_pool2d(pictures, size, 1, size // 2, count_include_pad=False).reshape(-1, 784)
