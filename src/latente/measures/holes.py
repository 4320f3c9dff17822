"""Holes: codes that are far from the codes of the training images."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Bool, Float
from sklearn.neighbors import NearestNeighbors

from latente.errors import LatenteError

Codes = Float[np.ndarray, "_ latent"]
Distances = dict[str, Float[np.ndarray, " _"]]
"""Distribution -> distance of every code."""

HELD_OUT = "held_out"
"""The distribution that sets the unit of distance."""


def reach(train: Codes, codes: Mapping[str, Codes], neighbours: int, quantile: float) -> Distances:
    """Distance from every code to its k-th nearest training code, in units of a quantile of the held-out codes.

    Args:
        train: One posterior sample of every training image.
        codes: Distribution -> codes. The codes of `HELD_OUT` set the unit, so the scale of the space does not matter.
        neighbours: The k of the k-th nearest code.
        quantile: Share of the held-out codes that are outside holes.

    Returns:
        Distribution -> distance of every code. A code with a distance above 1 is in a hole.

    Raises:
        LatenteError: The held-out codes are equal to training codes. The model has collapsed, and holes do not exist.
    """
    nearest = NearestNeighbors(n_neighbors=neighbours, algorithm="brute").fit(train)
    distances = {name: nearest.kneighbors(z)[0][:, -1].astype(np.float64) for name, z in codes.items()}
    edge = np.quantile(distances[HELD_OUT], quantile)
    if edge == 0:
        raise LatenteError(
            "the codes of test images are equal to the codes of training images, so no code can be in a hole: a model "
            "has collapsed; lower its beta, or train it longer"
        )
    return {name: distance / edge for name, distance in distances.items()}


def acceptance(hole: Bool[np.ndarray, " codes"], accepted: Bool[np.ndarray, " codes"]) -> dict[str, float]:
    """The share of codes in holes, and the shares of accepted codes in holes and elsewhere.

    A share without codes is left out.

    Args:
        hole: Whether a code is in a hole.
        accepted: Whether the judge accepts the image of a code.

    Example:
        >>> acceptance(np.array([True, True, False, False]), np.array([False, True, True, True]))
        {'holes': 0.5, 'accepted_in_holes': 0.5, 'accepted_elsewhere': 1.0}
    """
    sides = {"in_holes": hole, "elsewhere": ~hole}
    shares = {f"accepted_{name}": float(accepted[side].mean()) for name, side in sides.items() if side.any()}
    return {"holes": float(hole.mean()), **shares}
