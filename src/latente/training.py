"""Fit a model: a loop that knows no model by name, and no tracker."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

import pandas as pd
import torch
from jaxtyping import UInt8
from torch import Generator, Tensor
from torch.optim import Adam
from torch.optim.lr_scheduler import LambdaLR

from latente.autoencoder import Autoencoder, Terms
from latente.checkpoint import Checkpoint, State
from latente.data import batches
from latente.data.splits import Splits
from latente.errors import LatenteError
from latente.params import Train

_LOOK = 20  # steps between two looks at the loss
_EXPLODED = 1e6  # nats per image: more than a thousand a pixel, when a model that knows nothing has 0.7
_COOLING = 0.25  # share of the steps, the last ones, over which the learning rate falls
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


def fit(
    net: Autoencoder,
    images: Splits,
    options: Train,
    seed: int,
    on_epoch: Callable[[int, Losses], None],
    *,
    checkpoint: Checkpoint | None = None,
) -> Fitted:
    """Train a model in place, and leave it with the weights of its best validation epoch.

    Adam, with a learning rate that stays as it is and falls to zero over the last quarter of the steps (Hägele et al.
    2024, https://arxiv.org/abs/2405.18392). The seed decides the batches and the noise.

    Args:
        net: A model with fresh weights.
        images: Trains on the training images, chooses the epoch by the validation loss.
        options: Schedule.
        seed: Of the order of the images and of the noise.
        on_epoch: Told of every epoch when it ends: its number from 1, its losses, and `images_per_second`, the
            training images over the time of their pass, validation left out. Of the epochs of an interrupted training
            it is told the losses at once.
        checkpoint: Keeps the state after every epoch, and may hold that of an interrupted training, which then goes on
            as if nothing had happened. The caller removes it, when what the training made is safe.

    Raises:
        LatenteError: The loss stopped being finite, or exploded; says where, and the last one that was sound.
    """
    device = _device(options.device)
    steps = -(-len(images.train) // options.batch_size) * options.epochs
    training = _Training(net.to(device), options.learning_rate, steps, seed)
    if checkpoint and (state := checkpoint.found()):
        training.restore(state)
        for epoch in training.epochs:
            on_epoch(epoch.number, epoch.losses)
    train, validation = (batches.pixels(part).to(device) for part in (images.train, images.validation))
    for number in range(len(training.epochs) + 1, options.epochs + 1):
        start = time.perf_counter()
        parts = (train.index_select(0, index) for index in batches.shuffled(train, options.batch_size, training.order))
        before = training.epochs[-1].losses["validation_loss"] if training.epochs else None
        with _arithmetic(options.precision):
            trained = _mean(_watched(training.steps(parts), number, before, device))
        speed = {"images_per_second": len(train) / (time.perf_counter() - start)}
        losses = _named("train", trained) | _named("validation", evaluate(net, validation, seed))
        before = _check(losses["train_loss"], f"epoch {number}, mean of training", before)
        _check(losses["validation_loss"], f"epoch {number}, validation", before)
        training.add(Epoch(number, losses))
        if checkpoint:
            checkpoint.keep(training.state())
        on_epoch(number, losses | speed)
    net.load_state_dict(training.best)
    net.cpu()
    return Fitted(training.epochs, training.best_epoch)


class _Training:
    """A training between two epochs."""

    def __init__(self, net: Autoencoder, learning_rate: float, steps: int, seed: int) -> None:
        self._net = net
        self._optimiser = Adam(net.parameters(), lr=learning_rate, fused=True)
        self._schedule = LambdaLR(self._optimiser, lambda step: min(1, (1 - step / steps) / _COOLING))
        self.order, self._noise = Generator().manual_seed(seed), _generator(seed, _NOISE, net.mean.weight.device)
        self.epochs: list[Epoch] = []
        self.best: dict[str, Tensor] = {}

    @property
    def best_epoch(self) -> Epoch:
        """The first with the lowest validation loss."""
        return min(self.epochs, key=lambda epoch: epoch.losses["validation_loss"])

    def steps(self, parts: Iterable[UInt8[Tensor, "batch 784"]]) -> Iterator[tuple[Terms, int]]:
        """A step of the optimiser for each batch: the terms of its objective before the step, and its size."""
        for part in parts:
            terms = self._net.objective(batches.grey(part), self._noise)
            self._optimiser.zero_grad()
            terms["loss"].mean().backward()
            self._optimiser.step()
            self._schedule.step()
            yield {name: term.detach() for name, term in terms.items()}, len(part)

    def add(self, epoch: Epoch) -> None:
        """Note an epoch that ended, and keep its weights if it is the best."""
        self.epochs.append(epoch)
        if self.best_epoch is epoch:
            self.best = {key: value.clone() for key, value in self._net.state_dict().items()}

    def state(self) -> State:
        """Everything that the epochs to come depend on."""
        moments = self._optimiser.state_dict()["state"]
        tensors = {f"net.{name}": value for name, value in self._net.state_dict().items()}
        tensors |= {f"best.{name}": value for name, value in self.best.items()}
        tensors |= {f"adam.{index}.{name}": value for index, each in moments.items() for name, value in each.items()}
        tensors |= {"order": self.order.get_state(), "noise": self._noise.get_state()}
        epochs = [[epoch.number, epoch.losses] for epoch in self.epochs]
        return State(tensors, {"epochs": epochs, "schedule": self._schedule.state_dict()})

    def restore(self, state: State) -> None:
        """Take up a training of the same model, seed and schedule where it was."""
        tensors, adam = state.tensors, self._optimiser.state_dict()
        self._net.load_state_dict(_below(tensors, "net."))
        self.best = _below(tensors, "best.")
        for name, value in _below(tensors, "adam.").items():
            index, _, moment = name.partition(".")
            adam["state"].setdefault(int(index), {})[moment] = value
        self._schedule.load_state_dict(state.plain["schedule"])
        adam["param_groups"][0]["lr"] = self._schedule.get_last_lr()[0]
        self._optimiser.load_state_dict(adam)
        self.order.set_state(tensors["order"])
        self._noise.set_state(tensors["noise"])
        self.epochs = [Epoch(number, losses) for number, losses in state.plain["epochs"]]


def _below(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


@torch.no_grad()
def evaluate(net: Autoencoder, pixels: UInt8[Tensor, "images 784"], seed: int) -> Losses:
    """Mean of every term of the objective over images, in nats per image, with the same noise at each call."""
    noise = _generator(seed, _VALIDATION, pixels.device)
    return _mean((net.objective(batches.grey(part), noise), len(part)) for part in pixels.split(1000))


def _watched(
    parts: Iterator[tuple[Terms, int]], epoch: int, before: float | None, device: torch.device
) -> Iterator[tuple[Terms, int]]:
    """The same, with a look at the loss now and then, for which a GPU would have to stop: there once an epoch."""
    for number, (terms, size) in enumerate(parts, start=1):
        if number % _LOOK == 1 and device.type == "cpu":
            before = _check(float(terms["loss"].mean()), f"epoch {epoch}, batch {number}", before)
        yield terms, size


def _check(loss: float, where: str, before: float | None) -> float:
    """A loss that is sound.

    Raises:
        LatenteError: It is not finite, or so high that the training cannot recover.
    """
    if abs(loss) < _EXPLODED:
        return loss
    sound = "" if before is None else f", the last sound one was {before:.6g}"
    raise LatenteError(
        f"{where}: the loss is {loss:.6g} nats per image{sound}; lower train.learning_rate in params.yaml"
    )


def _mean(parts: Iterator[tuple[Terms, int]]) -> Losses:
    """Sums stay tensors until the end, so that no step waits for a number."""
    sums: dict[str, Tensor] = {}
    count = 0
    for terms, size in parts:
        count += size
        for name, term in terms.items():
            sums[name] = sums.get(name, torch.zeros((), dtype=torch.float64, device=term.device)) + term.sum()
    return {name: float(total) / count for name, total in sums.items()}


def _generator(seed: int, purpose: int, device: torch.device) -> Generator:
    """A generator told apart from those of other seeds and other purposes."""
    return Generator(device).manual_seed((seed << 8) + purpose)


def _device(name: Literal["auto", "cpu", "cuda"]) -> torch.device:
    """The device of that name.

    Raises:
        LatenteError: It is a GPU, and there is none.
    """
    found = torch.cuda.is_available()
    if name == "cuda" and not found:
        raise LatenteError("train.device in params.yaml is cuda, but torch finds no GPU; choose cpu or auto")
    return torch.device("cuda" if found and name != "cpu" else "cpu")


@contextmanager
def _arithmetic(precision: Literal["fp32", "bf16"]) -> Iterator[None]:
    """Products of factors rounded to that precision, sums and results in float32, and no denormal numbers.

    The gradients of pixels that are always black are zero, so that their mean, which Adam keeps, shrinks with every
    step; after two epochs it is denormal, and arithmetic with such numbers makes a step take half as long again.
    """
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("medium" if precision == "bf16" else "highest")
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)
        torch.set_float32_matmul_precision(before)


def _named(part: str, losses: Mapping[str, float]) -> Losses:
    return {f"{part}_{name}": value for name, value in losses.items()}
