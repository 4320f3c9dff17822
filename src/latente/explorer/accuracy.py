"""How far the images of the page are from those of torch: the cost of weights with eight bits."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from latente.explorer import layers, quantised
from latente.explorer.layers import Layer
from latente.models.network.autoencoder import Autoencoder


@dataclass(frozen=True)
class Accuracy:
    """Differences of grey levels, where 0 is black and 1 is white.

    Attributes:
        mean: Over all pixels of all images.
        largest: Of any pixel.
    """

    mean: float
    largest: float


@torch.no_grad()
def of_decoder(net: Autoencoder, decoder: Sequence[Layer], z: Float[Tensor, "codes latent"]) -> Accuracy:
    """Compare the decoder of the page with that of torch.

    Args:
        net: The trained model.
        decoder: Its layers, before their weights are rounded.
        z: Codes to decode.
    """
    page = layers.run(quantised.rounded(decoder), z).sigmoid()
    difference = (page - net.decode(z).sigmoid()).abs()
    return Accuracy(float(difference.mean()), float(difference.max()))
