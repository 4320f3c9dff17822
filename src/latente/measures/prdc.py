"""Precision, recall, density and coverage of generated images, in the features of a judge."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Float64
from torch import Tensor

_BLOCK = 1000


@dataclass(frozen=True)
class Reference:
    """Features of real images, and the radii of their neighbourhoods.

    Attributes:
        features: One row per image.
        radii: Distance from every image to its k-th nearest neighbour among the other images.
        neighbours: k.
    """

    features: Float64[Tensor, "real feature"]
    radii: Float64[Tensor, " real"]
    neighbours: int


def reference(features: Float[Tensor, "real feature"], neighbours: int) -> Reference:
    """Prepare the features of real images.

    Args:
        features: One row per image; more rows than `neighbours`.
        neighbours: The k of the k-th nearest neighbour.
    """
    return Reference(features.double(), _radii(features.double(), neighbours), neighbours)


def prdc(real: Reference, fake: Float[Tensor, "fake feature"]) -> dict[str, Float64[np.ndarray, " images"]]:
    """Precision, recall, density and coverage of every image. The metric is the mean; higher is better.

    The neighbourhood of an image is an open ball that reaches to its k-th nearest neighbour. Two identical constant
    sets score zero, because their neighbourhoods are empty.

    Returns:
        precision: For every fake image: whether it is in the neighbourhood of at least one real image.
        recall: For every real image: whether it is in the neighbourhood of at least one fake image.
        density: For every fake image: the number of real neighbourhoods that contain it, divided by k. This is the only
            metric that can exceed 1.
        coverage: For every real image: whether its neighbourhood contains a fake image.

    References:
        Kynkäänniemi et al. 2019, https://arxiv.org/abs/1904.06991; Naeem et al. 2020, https://arxiv.org/abs/2002.09797
    """
    fake = fake.double()
    radii = _radii(fake, real.neighbours)
    holders, held = [], torch.zeros(len(real.features), dtype=torch.bool)
    nearest = torch.full((len(real.features),), torch.inf, dtype=torch.float64)
    for part, radius in zip(fake.split(_BLOCK), radii.split(_BLOCK), strict=True):
        distances = torch.cdist(part, real.features)
        holders.append((distances < real.radii).sum(1))
        held |= (distances < radius[:, None]).any(0)
        nearest = torch.minimum(nearest, distances.amin(0))
    count = torch.cat(holders).double()
    found = {
        "precision": (count > 0).double(),
        "recall": held.double(),
        "density": count / real.neighbours,
        "coverage": (nearest < real.radii).double(),
    }
    return {name: values.numpy() for name, values in found.items()}


def _radii(features: Float64[Tensor, "n feature"], k: int) -> Float64[Tensor, " n"]:
    """Distance to the k-th nearest other row (the smallest distance is from the row to itself)."""
    return torch.cat([torch.cdist(part, features).kthvalue(k + 1, dim=1).values for part in features.split(_BLOCK)])
