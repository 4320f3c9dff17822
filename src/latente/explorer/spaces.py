"""A latent space for the page: decoder, codes of the images on the map, silhouettes, units and holes."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int16, Int64

from latente.analyses import gap
from latente.codes.latents import Latents
from latente.explorer import accuracy, densities, layers, maps, units
from latente.explorer.blocks import Block
from latente.explorer.densities import Mixture
from latente.explorer.layers import Layer
from latente.measures import silhouette
from latente.models.network.autoencoder import Autoencoder

Chosen = Int64[np.ndarray, " chosen"]

_LARGEST = 32767
_DRAWS = 500  # prior draws, beside the codes of images, at which page and torch are compared


@dataclass(frozen=True)
class Space:
    """A trained model and its codes of all images."""

    net: Autoencoder
    codes: Latents

    @property
    def decoder(self) -> list[Layer]:
        """The layers from a code to the logits of the pixels."""
        return layers.of([self.net.decoder], (self.net.sizes.latent_dim, 1))

    @property
    def encoder(self) -> list[Layer]:
        """The layers from an image to its mean code."""
        return layers.of([self.net.encoder, self.net.mean], (self.net.sizes.pixels, 1))


def content(block: Block, space: Space, chosen: Chosen, options: gap.Options) -> dict[str, Any]:
    """What the page knows about a space, apart from its networks.

    Args:
        block: Takes the arrays.
        space: The model and its codes.
        chosen: The test images on the map.
        options: Of the analysis `gap`, whose holes the page shows.
    """
    test = space.codes.only("test")
    numbers, scale = _sixteen_bits(test.mean[chosen])
    plane = maps.main_plane(test.mean)
    return {
        "codes": {"numbers": block.add(numbers), "scale": block.add(scale)},
        "silhouette": _silhouette(block, test, chosen),
        "plane": {"centre": block.add(plane.centre), "directions": block.add(plane.directions), "share": plane.share},
        "units": _units(units.of(space.codes, options.active)),
        "holes": _holes(block, densities.holes(space.codes, options)),
        "accuracy": vars(_accuracy(space, test.mean[chosen])),
    }


def mixture(block: Block, one: Mixture) -> dict[str, Any]:
    """A mixture of Gaussians for the page."""
    return {name: block.add(array) for name, array in vars(one).items()}


def _silhouette(block: Block, test: Latents, chosen: Chosen) -> dict[str, Any] | None:
    """The silhouette of the chosen images, and the mean over all test images; None for images of a single class."""
    if len(np.unique(test.label)) < 2:
        return None
    values = silhouette.samples(test.mean, test.label)
    return {"values": block.add((values[chosen] * 127).round().astype(np.int8)), "mean": float(values.mean())}


def _sixteen_bits(
    codes: Float[np.ndarray, "images latent"],
) -> tuple[Int16[np.ndarray, "images latent"], Float[np.ndarray, " latent"]]:
    """Codes as whole numbers, and the scale of each dimension."""
    scale = np.maximum(np.abs(codes).max(0).astype(np.float64), 1e-12) / _LARGEST
    return (codes / scale).round().astype(np.int16), scale


def _units(found: units.Units) -> dict[str, Any]:
    arrays = {name: value for name, value in vars(found).items() if name != "kind"}
    return {"kind": found.kind} | {name: array.tolist() for name, array in arrays.items()}


def _holes(block: Block, found: densities.Holes) -> dict[str, Any]:
    return {
        "units": found.units.tolist(),
        "codes": mixture(block, found.codes),
        "prior": mixture(block, found.prior),
        "slope": found.slope,
        "intercept": found.intercept,
        "edge": found.edge,
    }


def _accuracy(space: Space, codes: Float[np.ndarray, "images latent"]) -> accuracy.Accuracy:
    """At codes of images and at prior draws."""
    z = np.concatenate([codes, space.codes.prior.draw(_DRAWS, 0)])
    return accuracy.of_decoder(space.net, space.decoder, torch.tensor(z))
