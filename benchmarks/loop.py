"""The training loop of the published runs: Adam at a constant rate, no validation, weights of the last epoch."""

from collections.abc import Callable, Iterator

import torch
from jaxtyping import UInt8
from torch import Generator, Tensor
from torch.optim import Adam

from latente.data import batches
from latente.models.network.autoencoder import Autoencoder

LEARNING_RATE = 1e-3
_NOISE = 1  # the noise stream is separate from the batch-order seed, so every model sees the same batches

Draw = Callable[[UInt8[Tensor, "*shape"], Generator], UInt8[Tensor, "*shape"]]


def epochs(
    net: Autoencoder,
    pixels: UInt8[Tensor, "images pixels"],
    count: int,
    batch_size: int,
    seed: int,
    *,
    draw: Draw = lambda pixels, _: pixels,
) -> Iterator[float]:
    """Train a model in place; each item of the iterator trains one epoch.

    Args:
        net: A model with initial weights.
        pixels: Grey levels in 0..255.
        count: Number of epochs.
        batch_size: Images per step; the last batch can be smaller.
        seed: Seed of the order of the images, of the noise, and of `draw`.
        draw: Turns the grey levels of a batch into training images; by default, it does not change them.

    Yields:
        The mean loss during the epoch, in nats per image; lower is better.
    """
    optimiser = Adam(net.parameters(), lr=LEARNING_RATE, fused=True)
    order, noise = Generator().manual_seed(seed), Generator().manual_seed((seed << 8) + _NOISE)
    for _ in range(count):
        total = torch.zeros((), dtype=torch.float64)  # a tensor: a conversion to a number would make every step wait
        for index in batches.shuffled(pixels, batch_size, order):
            loss = net.objective(batches.grey(draw(pixels[index], noise)), noise)["loss"]
            optimiser.zero_grad()
            loss.mean().backward()
            optimiser.step()
            total += loss.detach().sum()
        yield float(total) / len(pixels)


def binarise(pixels: UInt8[Tensor, "*shape"], generator: Generator) -> UInt8[Tensor, "*shape"]:
    """Random black or white pixels; the grey level is the probability of white.

    Args:
        pixels: Grey levels in 0..255.
        generator: Source of random numbers.

    Returns:
        Pixels of 0 or 255; the expectation of a pixel is its grey level.
    """
    return torch.bernoulli(batches.grey(pixels), generator=generator).mul_(255).byte()
