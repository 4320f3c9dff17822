"""Holes: codes that are far from the codes of the training images."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Bool, Float
from sklearn.neighbors import NearestNeighbors

from latente.errors import LatenteError

Codes = Float[np.ndarray, "_ latent"]
Distances = dict[str, Float[np.ndarray, " _"]]
"""Distribution -> distance of each of its codes."""

HELD_OUT = "held_out"
"""The name of the codes that give the unit of distance."""


def reach(train: Codes, codes: Mapping[str, Codes], neighbours: int, quantile: float) -> Distances:
    """Distance of every code to its k-th nearest training code, over the quantile of that of the held-out codes.

    Args:
        train: One posterior sample of every training image.
        codes: Codes by distribution; those of `HELD_OUT` give the unit, so that the scale of the space does not count.
        neighbours: k.
        quantile: Share of the held-out codes that lie in no hole.

    Returns:
        Distribution -> distances; above 1 is a hole.

    Raises:
        LatenteError: The held-out codes coincide with those of the training images: a collapsed model has no holes.
    """
    nearest = NearestNeighbors(n_neighbors=neighbours, algorithm="brute").fit(train)
    distances = {name: nearest.kneighbors(z)[0][:, -1].astype(np.float64) for name, z in codes.items()}
    edge = np.quantile(distances[HELD_OUT], quantile)
    if edge == 0:
        raise LatenteError(
            "the codes of test images coincide with those of training images, so that nothing can be a hole: a model "
            "has collapsed; lower its beta, or train it longer"
        )
    return {name: distance / edge for name, distance in distances.items()}


def acceptance(hole: Bool[np.ndarray, " codes"], accepted: Bool[np.ndarray, " codes"]) -> dict[str, float]:
    """Share of codes in holes; share accepted of those in holes and of those elsewhere, where there are any.

    Args:
        hole: Whether each code lies in a hole.
        accepted: Whether the judge accepts its image.

    Example:
        >>> acceptance(np.array([True, True, False, False]), np.array([False, True, True, True]))
        {'holes': 0.5, 'accepted_in_holes': 0.5, 'accepted_elsewhere': 1.0}
    """
    sides = {"in_holes": hole, "elsewhere": ~hole}
    shares = {f"accepted_{name}": float(accepted[side].mean()) for name, side in sides.items() if side.any()}
    return {"holes": float(hole.mean()), **shares}
