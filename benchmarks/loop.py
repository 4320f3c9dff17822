"""Training as the published runs do it: Adam at a constant rate, no validation, the last epoch's weights."""

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
    pixels: UInt8[Tensor, "images 784"],
    count: int,
    batch_size: int,
    seed: int,
    *,
    draw: Draw = lambda pixels, _: pixels,
) -> Iterator[float]:
    """Train a model in place, an epoch each time the next loss is asked for.

    Args:
        net: A model with fresh weights.
        pixels: Grey levels in 0..255.
        count: How many epochs.
        batch_size: Images a step; the last batch may be smaller.
        seed: Of the order of the images, of the noise and of what `draw` draws.
        draw: Makes the images of a batch from its grey levels; takes them as they are unless told.

    Yields:
        The mean loss over the epoch, as it trained, in nats per image; lower is better.
    """
    optimiser = Adam(net.parameters(), lr=LEARNING_RATE, fused=True)
    order, noise = Generator().manual_seed(seed), Generator().manual_seed((seed << 8) + _NOISE)
    for _ in range(count):
        total = torch.zeros((), dtype=torch.float64)  # a tensor until the end, so that no step waits for a number
        for index in batches.shuffled(pixels, batch_size, order):
            loss = net.objective(batches.grey(draw(pixels[index], noise)), noise)["loss"]
            optimiser.zero_grad()
            loss.mean().backward()
            optimiser.step()
            total += loss.detach().sum()
        yield float(total) / len(pixels)


def binarise(pixels: UInt8[Tensor, "*shape"], generator: Generator) -> UInt8[Tensor, "*shape"]:
    """Black or white at random, with the grey level as the probability of white.

    Args:
        pixels: Grey levels in 0..255.
        generator: Source of the draws.

    Returns:
        0 or 255; the expectation is the grey level.
    """
    return torch.bernoulli(batches.grey(pixels), generator=generator).mul_(255).byte()
