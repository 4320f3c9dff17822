"""Alignment and uniformity of codes on the unit sphere.

References:
    Wang & Isola, Understanding contrastive representation learning through alignment and uniformity on the hypersphere,
    2020, section 4.1. https://arxiv.org/abs/2005.10242 (with their exponents 2 and 2)
"""

import numpy as np
from jaxtyping import Bool, Float

Directions = Float[np.ndarray, "*others latent"]


def directions(codes: Directions, centre: Float[np.ndarray, " latent"]) -> Directions:
    """Codes seen from a centre, with length 1; a code at the centre stays 0.

    Args:
        codes: Of images.
        centre: The mean of training codes. Without it, all codes of a space far from 0 would have one direction.
    """
    away = codes.astype(np.float64) - centre
    return np.asarray(away / np.maximum(np.linalg.norm(away, axis=-1, keepdims=True), 1e-300))


def alignment(
    one: Float[np.ndarray, "images latent"], other: Float[np.ndarray, "*others images latent"]
) -> Float[np.ndarray, "*others images"]:
    """Squared distance of two directions of one image, for instance of the image and its lightly corrupted version.

    Returns:
        In [0, 4], lower is better; 0 if the direction does not change, 2 on average for independent directions.
    """
    return np.asarray(np.square(one - other).sum(-1))


def potentials(codes: Float[np.ndarray, "images latent"]) -> Float[np.ndarray, "images images"]:
    """The kernel exp(-2 d²) of all pairs of directions."""
    return np.asarray(np.exp(np.minimum(4 * (codes @ codes.T) - 4, 0)))


def uniformity(potentials: Float[np.ndarray, "images images"], kept: Bool[np.ndarray, " images"]) -> float:
    """Logarithm of the mean kernel over pairs of some images: how evenly their directions cover the sphere.

    Returns:
        At most 0, lower is more uniform; 0 if all directions are equal, near -4 for uniform directions in many
        dimensions.
    """
    chosen = potentials[np.ix_(kept, kept)]
    count = len(chosen)
    return float(np.log((chosen.sum() - np.trace(chosen)) / (count * (count - 1))))
