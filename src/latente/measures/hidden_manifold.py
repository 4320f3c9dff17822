"""Images of the hidden manifold model, which have a known number of coordinates."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, UInt8
from scipy.special import ndtr


@dataclass(frozen=True)
class HiddenManifold:
    r"""Images, the hidden coordinates that they were made from, and the manifold on which they lie.

    Attributes:
        pixels: Grey levels in 0..255.
        hidden: Hidden coordinates of every image.
        maps: $F / \sqrt{D}$, the linear map from hidden coordinates to the arguments of $\Phi$.
    """

    pixels: UInt8[np.ndarray, "images pixels"]
    hidden: Float64[np.ndarray, "images dim"]
    maps: Float64[np.ndarray, "dim pixels"]


def hidden_manifold(images: int, dim: int, seed: int, pixels: int) -> HiddenManifold:
    r"""Images that lie on a curved manifold of known dimension.

    The model is $x = \Phi(C F / \sqrt{D})$. A row of $C$ has the D hidden coordinates of one image. The D rows of $F$
    are features that all images share. Both are standard normal. The product $C F / \sqrt{D}$ lies in a flat space; the
    normal distribution function $\Phi$ bends this space. The product has mean 0 and variance 1 and is nearly normal, so
    $\Phi$ spreads the grey levels evenly over [0, 1] and clips none. The function then rounds them to 256 levels, as
    in real images.

    Args:
        images: Number of images.
        dim: D, the number of hidden coordinates.
        seed: Seed of coordinates and features. They also depend on `dim`.
        pixels: Of an image.

    References:
        Goldt, Mézard, Krzakala & Zdeborová, Phys. Rev. X 10, 041044, 2020. https://arxiv.org/abs/1909.11500

    Example:
        >>> manifold = hidden_manifold(images=5, dim=2, seed=0, pixels=64)
        >>> manifold.pixels.shape, manifold.pixels.dtype, manifold.hidden.shape
        ((5, 64), dtype('uint8'), (5, 2))
    """
    generator = np.random.default_rng((seed, dim))
    maps = generator.standard_normal((dim, pixels)) / np.sqrt(dim)
    hidden = generator.standard_normal((images, dim))
    return HiddenManifold(np.rint(255 * ndtr(hidden @ maps)).astype(np.uint8), hidden, maps)
