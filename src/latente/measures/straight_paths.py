"""Straight paths between two images, in a latent space or in pixels."""

import numpy as np
from jaxtyping import Bool, Float, Int64, UInt8

Ends = Int64[np.ndarray, "pairs 2"]
Points = Float[np.ndarray, "pairs steps features"]


def ends(labels: UInt8[np.ndarray, " images"], pairs: int, seed: int) -> dict[str, Ends]:
    """Random pairs of images of one class, and of images of two classes.

    Args:
        labels: Class of every image; a class has at least two images.
        pairs: Number of pairs of each kind.
        seed: Seed of the draw.

    Returns:
        `one_class` and `two_classes` -> indices of the two images; an image may be in several pairs. Images of a single
        class have no `two_classes`.
    """
    generator = np.random.default_rng(seed)
    first = generator.choice(np.flatnonzero(np.bincount(labels)[labels] > 1), pairs)
    chosen = {"one_class": labels[first][:, None] == labels, "two_classes": labels[first][:, None] != labels}
    chosen["one_class"][np.arange(pairs), first] = False  # an image is no pair with itself
    return {
        kind: np.stack([first, _drawn(possible, generator)], 1) for kind, possible in chosen.items() if possible.any()
    }


def straight(
    start: Float[np.ndarray, "pairs features"], end: Float[np.ndarray, "pairs features"], steps: int
) -> Points:
    """Points of every path, with equal distances; the first point is the start, the last is the end.

    Example:
        >>> straight(np.zeros((1, 1)), np.ones((1, 1)), 3).ravel().tolist()
        [0.0, 0.5, 1.0]
    """
    along = np.linspace(0, 1, steps, dtype=start.dtype)[:, None]
    return np.asarray(start[:, None] * (1 - along) + end[:, None] * along)


def detour(images: Points) -> Float[np.ndarray, " pairs"]:
    """Length of the path of decoded images, divided by the distance between its ends.

    Returns:
        At least 1: 1 for a straight path, as a mixture of pixels is; 1 too if the image never changes.
    """
    length = np.linalg.norm(np.diff(images.astype(np.float64), axis=1), axis=-1).sum(1)
    direct = np.linalg.norm(images[:, -1].astype(np.float64) - images[:, 0], axis=-1)
    return np.asarray(np.where(direct > 1e-9, length / np.maximum(direct, 1e-9), 1.0))


def _drawn(possible: Bool[np.ndarray, "pairs images"], generator: np.random.Generator) -> Int64[np.ndarray, " pairs"]:
    """One of the possible images for every pair."""
    return np.array([generator.choice(np.flatnonzero(row)) for row in possible])
