"""Energy distance between two sets of codes."""

import numpy as np
import torch
from jaxtyping import Float

Codes = Float[np.ndarray, "_ latent"]


def energy_distance(a: Codes, b: Codes) -> float:
    r"""Normalised energy distance between the distributions of two sets of codes, in [0, 1]; 0 if equal.

    $(2 E|X - Y| - E|X - X'| - E|Y - Y'|) / 2 E|X - Y|$, with Euclidean distances. The means include the distance of
    every code to itself, so the value is never negative. Two samples of n codes from one distribution have a distance
    of about 1 / n.

    References:
        Székely & Rizzo 2013, Energy statistics, https://doi.org/10.1016/j.jspi.2013.03.018

    Example:
        >>> codes = np.random.default_rng(0).normal(size=(50, 3))
        >>> round(energy_distance(codes, codes), 6), round(energy_distance(codes, codes + 1e6), 3)
        (0.0, 1.0)
    """
    x, y = (torch.tensor(codes, dtype=torch.float64) for codes in (a, b))
    between, within_x, within_y = (float(torch.cdist(one, other).mean()) for one, other in ((x, y), (x, x), (y, y)))
    return (2 * between - within_x - within_y) / (2 * between) if between else 0.0
