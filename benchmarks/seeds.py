"""Ways to train several seeds of a model: one after another, in several processes, or stacked into batched matrices."""

from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

import numpy as np
import torch
from torch import Generator, Tensor, nn
from torch.func import functional_call, stack_module_state, vmap
from torch.optim import Adam

from benchmarks import contenders, rounds, text
from benchmarks.rounds import Times
from latente.data import batches
from latente.data.images import Images
from latente.determinism import threads
from latente.models.network.autoencoder import Autoencoder
from latente.models.network.objectives import bernoulli_distortion, gaussian_kl

SEEDS, IMAGES, ROUNDS = 4, 12_800, 3


def measure(train: Images, cores: int) -> Times:
    """Seconds per epoch of all seeds, on some of the images.

    Args:
        train: Training images.
        cores: Number of threads or processes.
    """
    some = train[np.arange(IMAGES)]
    with ProcessPoolExecutor(cores, get_context("spawn")) as pool:
        one, all_cores = partial(_one, images=some, count=1), partial(_one, images=some, count=cores)
        ways = {
            "one after another, one thread": lambda: list(map(one, range(SEEDS))),
            f"one after another, {cores} threads": lambda: list(map(all_cores, range(SEEDS))),
            f"stacked, {cores} threads": lambda: _stacked(some, cores),
            f"in {cores} processes of one thread": lambda: list(pool.map(one, range(SEEDS))),
        }
        return rounds.interleaved(ways, ROUNDS)


def _one(seed: int, images: Images, count: int) -> int:
    contenders.ours(images, "fp32", count)(1, seed, lambda _: None)
    return seed


class _Loss(nn.Module):
    """The negative ELBO of a batch. The noise is an argument, because random sampling cannot be stacked."""

    def __init__(self, net: Autoencoder) -> None:
        super().__init__()
        self.net = net

    def forward(self, x: Tensor, noise: Tensor) -> Tensor:
        posterior = self.net.posterior(x)
        z = posterior.mean + (0.5 * posterior.logvar).exp() * noise
        rate = gaussian_kl(posterior.mean, posterior.logvar).sum(-1)
        return (bernoulli_distortion(self.net.decode(z), x) + rate).mean()


def _stacked(images: Images, count: int) -> int:
    threads.limit(count)
    losses = [_Loss(contenders.fresh(seed)) for seed in range(SEEDS)]
    weights = {name: nn.Parameter(value.detach()) for name, value in stack_module_state(losses)[0].items()}
    optimiser = Adam(weights.values(), lr=contenders.LEARNING_RATE, fused=True)
    pixels, noise = batches.pixels(images), Generator().manual_seed(0)
    orders = [batches.shuffled(pixels, contenders.BATCH_SIZE, Generator().manual_seed(seed)) for seed in range(SEEDS)]
    every = vmap(lambda values, x, drawn: functional_call(losses[0], values, (x, drawn)))
    for index in zip(*orders, strict=True):
        x = batches.grey(pixels[torch.stack(index)])
        drawn = torch.empty(*x.shape[:2], contenders.LATENT_DIM).normal_(generator=noise)
        optimiser.zero_grad()
        every(weights, x, drawn).sum().backward()
        optimiser.step()
    return SEEDS


def to_markdown(found: Times) -> str:
    """The section of docs/performance.md."""
    base = next(iter(found))
    return "\n\n".join(
        [
            "## Several seeds",
            text.paragraph(
                f"The time is for one epoch of {IMAGES:,} images from each of {SEEDS} seeds, in float32.",
                "`latente repro` uses the last way: one process for each stage. In the stacked way, all seeds share",
                "their matrix products (`torch.func`), and there is no validation.",
            ),
            rounds.table(found, {base: "times as fast"}),
        ]
    )
