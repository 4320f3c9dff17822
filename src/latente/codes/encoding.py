"""Encode every image with a trained model."""

import numpy as np
import torch
from torch import Generator

from latente.codes.latents import PARTS, Latents
from latente.codes.prior import Prior
from latente.data import batches
from latente.data.splits import Splits
from latente.models.network.autoencoder import Autoencoder


@torch.no_grad()
def encode(net: Autoencoder, images: Splits, seed: int) -> Latents:
    """Codes of all images: train, validation, test.

    Args:
        net: A trained model.
        images: The images to encode.
        seed: Seed of the posterior samples; every image has one sample.
    """
    generator = Generator().manual_seed(seed)
    parts = [getattr(images, name) for name in PARTS]
    prior = net.prior()
    posteriors = [net.posterior(x) for part in parts for x in batches.in_order(part)]
    return Latents(
        mean=torch.cat([posterior.mean for posterior in posteriors]).numpy(),
        logvar=torch.cat([posterior.logvar for posterior in posteriors]).numpy(),
        sample=torch.cat([posterior.sample(generator) for posterior in posteriors]).numpy(),
        label=np.concatenate([part.labels for part in parts]),
        part=np.repeat(np.arange(len(parts), dtype=np.uint8), [len(part) for part in parts]),
        prior=Prior(prior.mean.numpy(), prior.logvar.numpy()),
    )
