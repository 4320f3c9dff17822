"""Images of the hidden manifold model, made from a known number of coordinates."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, UInt8
from scipy.special import ndtr

from latente.data.mnist import PIXELS


@dataclass(frozen=True)
class HiddenManifold:
    """Images of which everything is known.

    Attributes:
        pixels: Grey levels in 0..255.
        hidden: The coordinates that each was made from.
    """

    pixels: UInt8[np.ndarray, "images 784"]
    hidden: Float64[np.ndarray, "images dim"]


def hidden_manifold(images: int, dim: int, seed: int) -> HiddenManifold:
    r"""Images that lie on a curved manifold of known dimension.

    $x = \Phi(C F / \sqrt{D})$: a row of $C$ holds the D hidden coordinates of an image, the rows of $F$ are the D
    features that all images share, both standard normal, and the normal distribution function $\Phi$ bends the flat
    space of the products. These have mean 0 and variance 1 and are close to normal, so that $\Phi$ spreads the grey
    levels about evenly over [0, 1] and clips none. They are then rounded to the 256 levels of real images.

    Args:
        images: How many.
        dim: D.
        seed: Of coordinates and features; each dimension has its own.

    References:
        Goldt, Mézard, Krzakala & Zdeborová, Phys. Rev. X 10, 041044, 2020. https://arxiv.org/abs/1909.11500

    Example:
        >>> manifold = hidden_manifold(images=5, dim=2, seed=0)
        >>> manifold.pixels.shape, manifold.pixels.dtype, manifold.hidden.shape
        ((5, 784), dtype('uint8'), (5, 2))
    """
    generator = np.random.default_rng((seed, dim))
    features = generator.standard_normal((dim, PIXELS))
    hidden = generator.standard_normal((images, dim))
    return HiddenManifold(np.rint(255 * ndtr(hidden @ features / np.sqrt(dim))).astype(np.uint8), hidden)
