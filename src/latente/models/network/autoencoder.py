"""What all variants share: the encoder, the decoder, the posterior and the abstract base class."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import final

import torch
from jaxtyping import Float
from torch import Generator, Tensor, nn


@dataclass(frozen=True)
class Sizes:
    """Sizes of the layers: pixels of an image, length of a code, and widths of the encoder between them."""

    pixels: int
    latent_dim: int
    hidden: tuple[int, ...]


LossTerms = dict[str, Float[Tensor, " batch"]]
"""Name of a loss term -> nats per image."""


@dataclass(frozen=True)
class Posterior:
    r"""A diagonal Gaussian over codes, $q(z \mid x)$. With a log-variance of minus infinity it is a point."""

    mean: Float[Tensor, "batch latent"]
    logvar: Float[Tensor, "batch latent"]

    @classmethod
    def point(cls, mean: Float[Tensor, "batch latent"]) -> "Posterior":
        """All mass on one code."""
        return cls(mean, torch.full_like(mean, -torch.inf))

    def sample(self, generator: Generator) -> Float[Tensor, "batch latent"]:
        """Draw one code per image, with gradients for mean and log-variance (the reparameterisation trick)."""
        noise = torch.empty_like(self.mean).normal_(generator=generator)
        return self.mean + (0.5 * self.logvar).exp() * noise


class Autoencoder(nn.Module, ABC):
    """Encoder and decoder. A variant defines the posterior and the objective.

    This class creates its layers in a fixed order, before a variant adds layers. Variants with the same seed therefore
    start with the same encoder, mean layer and decoder.

    Attributes:
        sizes: Of the layers.
        weight_decay: Of the training, at least 0; a variant may set it.

    Args:
        sizes: Of the encoder's layers; the decoder mirrors them.
    """

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.sizes, self.weight_decay = sizes, 0.0
        self.encoder = nn.Sequential(*_layers([sizes.pixels, *sizes.hidden]), nn.ReLU())
        self.mean = nn.Linear(sizes.hidden[-1], sizes.latent_dim)
        self.decoder = nn.Sequential(*_layers([sizes.latent_dim, *reversed(sizes.hidden), sizes.pixels]))

    @abstractmethod
    def posterior(self, x: Float[Tensor, "batch pixels"]) -> Posterior:
        """Encode images with grey levels in [0, 1]."""

    @abstractmethod
    def objective(self, x: Float[Tensor, "batch pixels"], generator: Generator) -> LossTerms:
        """The loss that training minimises, and its terms.

        Args:
            x: Grey levels in [0, 1].
            generator: Source of the noise; variants without noise do not use it.

        Returns:
            `loss` and its terms (`distortion`, `rate`, ...), all in nats per image.
        """

    @final
    def decode(self, z: Float[Tensor, "*batch latent"]) -> Float[Tensor, "*batch pixels"]:
        """The log-odds (logits) of every pixel."""
        logits: Tensor = self.decoder(z)
        return logits


def _layers(widths: Sequence[int]) -> list[nn.Module]:
    """Linear layers with a ReLU between neighbouring layers."""
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(widths):
        layers += [nn.Linear(inputs, outputs), nn.ReLU()]
    return layers[:-1]
