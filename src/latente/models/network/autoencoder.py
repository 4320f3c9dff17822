"""What all variants share: the encoder, the decoder, the posterior, the prior and the abstract base class."""

import importlib
from abc import ABC, abstractmethod
from dataclasses import dataclass
from math import isqrt
from typing import final

import torch
from jaxtyping import Float
from torch import Generator, Tensor, nn

from latente.models.network.objectives import gaussian_kl, mixture_log_density
from latente.project.sections import Network

_NETS = "latente.models.nets"


@dataclass(frozen=True)
class Sizes:
    """Sizes of the layers: pixels of a square image, length of a code, and the network between them."""

    pixels: int
    latent_dim: int
    network: Network


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
    """Encoder and decoder. A variant defines the objective; its posterior is a point unless it defines another.

    This class creates its layers in a fixed order, before a variant adds layers. Variants with the same seed therefore
    start with the same encoder, mean layer and decoder.

    Attributes:
        sizes: Of the layers.
        features: Number of features of an image, from which the code is computed.
        weight_decay: Of the training, at least 0; a variant may set it.

    Args:
        sizes: Of the layers; the decoder mirrors the encoder.
    """

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        net, side = importlib.import_module(f"{_NETS}.{sizes.network.name}"), isqrt(sizes.pixels)
        self.sizes, self.weight_decay = sizes, 0.0
        self.encoder, self.features = net.encoder(side, sizes.network)
        self.mean = nn.Linear(self.features, sizes.latent_dim)
        self.decoder = net.decoder(sizes.latent_dim, side, sizes.network)

    def posterior(self, x: Float[Tensor, "batch pixels"]) -> Posterior:
        """Encode images with grey levels in [0, 1]."""
        return Posterior.point(self.mean(self.encoder(x)))

    def prior(self) -> Posterior:
        """The prior p(z): a mixture of Gaussians with equal weights, one in each row. By default it is N(0, I)."""
        zeros = self.mean.weight.new_zeros(1, self.sizes.latent_dim)
        return Posterior(zeros, zeros)

    def log_prior(self, z: Float[Tensor, "*batch latent"]) -> Float[Tensor, "*batch"]:
        """Log-density of codes under the prior, in nats."""
        prior = self.prior()
        return mixture_log_density(z, prior.mean, prior.logvar)

    def rate(self, posterior: Posterior, z: Float[Tensor, "batch latent"]) -> Float[Tensor, " batch"]:
        """KL divergence from the posterior to the prior, in nats per image.

        It is exact for the prior N(0, I). A variant with another prior estimates it at the posterior sample `z`.
        """
        return gaussian_kl(posterior.mean, posterior.logvar).sum(-1)

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
