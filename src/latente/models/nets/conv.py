"""A convolutional network: two convolutions that halve the side of an image, a linear layer, and their mirror."""

from typing import final

import torch
from jaxtyping import Float
from torch import Tensor, nn

from latente.project.sections import Network

_KERNEL, _STRIDE, _PADDING = 4, 2, 1  # halve the side exactly, and their mirror doubles it


def encoder(side: int, network: Network) -> tuple[nn.Module, int]:
    """The layers before the code.

    Args:
        side: Of an image, in pixels; a multiple of 4.
        network: Channels of the two convolutions, and width of the linear layer.

    Returns:
        Layers from images, flat, to features; and the number of features.
    """
    first, second, width = *network.channels, network.hidden[-1]
    return (
        nn.Sequential(
            nn.Unflatten(-1, (1, side, side)),
            nn.Conv2d(1, first, _KERNEL, _STRIDE, _PADDING),
            nn.ReLU(),
            nn.Conv2d(first, second, _KERNEL, _STRIDE, _PADDING),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(second * (side // 4) ** 2, width),
            nn.ReLU(),
        ).to(memory_format=torch.channels_last),
        width,
    )


def decoder(latent_dim: int, side: int, network: Network) -> nn.Module:
    """The layers from a code to the log-odds of the pixels of an image, flat."""
    return _Decoder(latent_dim, side, network)


@final
class _Decoder(nn.Module):
    """The mirror of the encoder. Codes can have any number of leading dimensions; convolutions can have only one."""

    def __init__(self, latent_dim: int, side: int, network: Network) -> None:
        super().__init__()
        first, second, width = *network.channels, network.hidden[-1]
        self.layers = nn.Sequential(
            nn.Linear(latent_dim, width),
            nn.ReLU(),
            nn.Linear(width, second * (side // 4) ** 2),
            nn.ReLU(),
            nn.Unflatten(-1, (second, side // 4, side // 4)),
            nn.ConvTranspose2d(second, first, _KERNEL, _STRIDE, _PADDING),
            nn.ReLU(),
            nn.ConvTranspose2d(first, 1, _KERNEL, _STRIDE, _PADDING),
            nn.Flatten(),
        ).to(memory_format=torch.channels_last)

    def forward(self, z: Float[Tensor, "*batch latent"]) -> Float[Tensor, "*batch pixels"]:
        decoded: Tensor = self.layers(z.reshape(-1, z.shape[-1]))
        return decoded.reshape(*z.shape[:-1], -1)
