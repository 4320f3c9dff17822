"""Fit a model: a loop that knows no model by name, and no tracker."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import pandas as pd
import torch
from jaxtyping import UInt8
from torch import Generator, Tensor
from torch.optim import Adam
from torch.optim.lr_scheduler import CosineAnnealingLR

from latente.autoencoder import Autoencoder, Terms
from latente.data import batches
from latente.data.splits import Splits
from latente.errors import LatenteError
from latente.params import Train

_NOISE, _VALIDATION = 1, 2  # told apart from the seed of the batches, so that all variants see the same batches

Losses = dict[str, float]


@dataclass(frozen=True)
class Epoch:
    """One pass over the training images.

    Attributes:
        number: From 1.
        losses: `train_` and `validation_` before each term of the objective, in nats per image; lower is better.
    """

    number: int
    losses: Losses


@dataclass(frozen=True)
class Fitted:
    """A finished training: the losses of every epoch, and the epoch whose weights the model now has."""

    epochs: list[Epoch]
    best: Epoch

    def to_csv(self) -> bytes:
        """The losses as a table, a row an epoch, to six significant digits."""
        table = pd.DataFrame([{"epoch": epoch.number, **epoch.losses} for epoch in self.epochs])
        return table.to_csv(index=False, float_format="%.6g", lineterminator="\n").encode()


def fit(net: Autoencoder, images: Splits, options: Train, seed: int, on_epoch: Callable[[int, Losses], None]) -> Fitted:
    """Train a model in place, and leave it with the weights of its best validation epoch.

    Adam, with a learning rate that falls to zero along a cosine. The seed decides the batches and the noise.

    Args:
        net: A model with fresh weights.
        images: Trains on the training images, chooses the epoch by the validation loss.
        options: Schedule.
        seed: Of the order of the images and of the noise.
        on_epoch: Told of every epoch when it ends: its number from 1, its losses, and `images_per_second`, the
            training images over the time of their pass, validation left out.

    Raises:
        LatenteError: The loss stopped being finite; says at which epoch, and the last finite loss.
    """
    optimiser = Adam(net.parameters(), lr=options.learning_rate, fused=True)
    steps = -(-len(images.train) // options.batch_size) * options.epochs
    schedule = CosineAnnealingLR(optimiser, steps)
    order, noise = Generator().manual_seed(seed), _generator(seed, _NOISE)
    train, validation = batches.pixels(images.train), batches.pixels(images.validation)
    epochs: list[Epoch] = []
    best, weights = None, dict[str, Tensor]()
    for number in range(1, options.epochs + 1):
        start = time.perf_counter()
        parts = (train[index] for index in batches.shuffled(len(train), options.batch_size, order))
        trained = _mean(_steps(net, parts, noise, optimiser, schedule))
        speed = {"images_per_second": len(train) / (time.perf_counter() - start)}
        losses = _named("train", trained) | _named("validation", evaluate(net, validation, seed))
        epochs.append(Epoch(number, losses))
        _check_finite(epochs)
        on_epoch(number, losses | speed)
        if best is None or losses["validation_loss"] < best.losses["validation_loss"]:
            best, weights = epochs[-1], {key: value.clone() for key, value in net.state_dict().items()}
    assert best is not None  # there is at least one epoch
    net.load_state_dict(weights)
    return Fitted(epochs, best)


@torch.no_grad()
def evaluate(net: Autoencoder, pixels: UInt8[Tensor, "images 784"], seed: int) -> Losses:
    """Mean of every term of the objective over images, in nats per image, with the same noise at each call."""
    noise = _generator(seed, _VALIDATION)
    return _mean((net.objective(batches.grey(part), noise), len(part)) for part in pixels.split(1000))


def _steps(
    net: Autoencoder,
    parts: Iterable[UInt8[Tensor, "batch 784"]],
    noise: Generator,
    optimiser: Adam,
    schedule: CosineAnnealingLR,
) -> Iterator[tuple[Terms, int]]:
    for part in parts:
        terms = net.objective(batches.grey(part), noise)
        optimiser.zero_grad()
        terms["loss"].mean().backward()
        optimiser.step()
        schedule.step()
        yield {name: term.detach() for name, term in terms.items()}, len(part)


def _mean(parts: Iterator[tuple[Terms, int]]) -> Losses:
    """Sums stay tensors until the end, so that no step waits for a number."""
    sums: dict[str, Tensor] = {}
    count = 0
    for terms, size in parts:
        count += size
        for name, term in terms.items():
            sums[name] = sums.get(name, torch.zeros((), dtype=torch.float64)) + term.sum()
    return {name: float(total) / count for name, total in sums.items()}


def _generator(seed: int, purpose: int) -> Generator:
    """A generator told apart from those of other seeds and other purposes."""
    return Generator().manual_seed((seed << 8) + purpose)


def _named(part: str, losses: Mapping[str, float]) -> Losses:
    return {f"{part}_{name}": value for name, value in losses.items()}


def _check_finite(epochs: list[Epoch]) -> None:
    last = epochs[-1]
    bad = [name for name, value in last.losses.items() if not abs(value) < float("inf")]
    if bad:
        before = f"; the epoch before: {epochs[-2].losses}" if len(epochs) > 1 else ""
        raise LatenteError(
            f"epoch {last.number}: {', '.join(bad)} is not finite{before}; lower train.learning_rate in params.yaml"
        )
