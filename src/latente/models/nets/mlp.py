"""A multilayer perceptron: linear layers, with a ReLU between them."""

from collections.abc import Sequence
from itertools import pairwise

from torch import nn

from latente.project.sections import Network


def encoder(side: int, network: Network) -> tuple[nn.Module, int]:
    """The layers before the code.

    Args:
        side: Of an image, in pixels.
        network: Widths of the layers.

    Returns:
        Layers from images, flat, to features; and the number of features.
    """
    return nn.Sequential(*_layers([side**2, *network.hidden]), nn.ReLU()), network.hidden[-1]


def decoder(latent_dim: int, side: int, network: Network) -> nn.Module:
    """The layers from a code to the log-odds of the pixels of an image, flat."""
    return nn.Sequential(*_layers([latent_dim, *reversed(network.hidden), side**2]))


def _layers(widths: Sequence[int]) -> list[nn.Module]:
    """Linear layers with a ReLU between neighbouring layers."""
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(widths):
        layers += [nn.Linear(inputs, outputs), nn.ReLU()]
    return layers[:-1]
