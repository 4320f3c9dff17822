"""Fit a model. The loop works for every variant, and does not depend on the tracking store."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import pandas as pd
import torch
from jaxtyping import UInt8
from torch import Generator, Tensor
from torch.optim import AdamW
from torch.optim.lr_scheduler import LambdaLR

from latente.data import batches
from latente.data.splits import Splits
from latente.errors import LatenteError
from latente.models.network.autoencoder import Autoencoder, LossTerms
from latente.models.training import hardware
from latente.models.training.checkpoint import Checkpoint, Snapshot
from latente.project.sections import Train

_CHECK_EVERY = 20  # steps between two checks of the loss
_EXPLODED = 1e6  # nats per image, or more than 1000 per pixel; an untrained model has 0.7 per pixel
_RISING, _FALLING = 0.1, 0.5  # shares of the steps in which the learning rate rises to its peak, and falls to zero
_BETAS = (0.9, 0.99)  # decay of Adam's averages; a shorter memory of squared gradients suits a short training
# Noise streams are separate from the batch-order seed, so every model sees the same batches.
_NOISE, _VALIDATION = 1, 2

Losses = dict[str, float]


@dataclass(frozen=True)
class Epoch:
    """One pass over the training images.

    Attributes:
        number: Number of the epoch, from 1.
        losses: Mean of every loss term, named `train_TERM` and `validation_TERM`, in nats per image; lower is better.
    """

    number: int
    losses: Losses


@dataclass(frozen=True)
class Fitted:
    """A finished training: the losses of every epoch, and the best epoch. The model has the weights of that epoch."""

    epochs: list[Epoch]
    best: Epoch

    def to_csv(self) -> bytes:
        """The losses as a CSV table with a row for every epoch, to six significant digits."""
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

    The optimiser is AdamW (Loshchilov & Hutter 2019, https://arxiv.org/abs/1711.05101), with the weight decay of the
    model, which is 0 by default. The learning rate rises over the first tenth of the steps, and falls to zero over the
    last half (Hägele et al. 2024, https://arxiv.org/abs/2405.18392). docs/training.md says why.

    Args:
        net: A model with fresh weights.
        images: The training images fit the model; the validation images choose the epoch.
        options: Training schedule.
        seed: Seed of the batch order and of the noise.
        on_epoch: Called at the end of every epoch with its number (from 1), its losses, and `images_per_second`, the
            speed of training without validation. When a training resumes, the function is first called for the epochs
            before the interruption, with their losses only.
        checkpoint: Stores a snapshot after every epoch. If it has a snapshot of an interrupted training, the training
            resumes from it, with the same result. The caller removes the checkpoint when the outputs are written.

    Raises:
        LatenteError: The loss is not finite, or it exploded. The message gives the step and the last valid loss.
    """
    device = hardware.device(options.device)
    training = _Training(net.to(device), options, len(images.train), seed)
    if checkpoint and (snapshot := checkpoint.load()):
        training.restore(snapshot)
        for epoch in training.epochs:
            on_epoch(epoch.number, epoch.losses)
    train, validation = (batches.pixels(part).to(device) for part in (images.train, images.validation))
    for number in range(len(training.epochs) + 1, options.passes + 1):
        start = time.perf_counter()
        trained = training.one_pass(train)
        speed = {"images_per_second": len(train) / (time.perf_counter() - start)}
        losses = training.checked(trained, evaluate(net, validation, seed))
        training.add(Epoch(number, losses))
        if checkpoint:
            checkpoint.keep(training.snapshot())
        on_epoch(number, losses | speed)
    net.load_state_dict(training.best)
    net.cpu()
    return Fitted(training.epochs, training.best_epoch)


class _Training:
    """The state of a training between two epochs."""

    def __init__(self, net: Autoencoder, options: Train, count: int, seed: int) -> None:
        steps = -(-count // options.batch_size) * options.passes
        self._net, self._options = net, options
        self._optimiser = AdamW(
            net.parameters(), lr=options.learning_rate, betas=_BETAS, weight_decay=net.weight_decay, fused=True
        )
        self._schedule = LambdaLR(self._optimiser, lambda step: _factor(step, steps))
        self._order, self._noise = Generator().manual_seed(seed), _generator(seed, _NOISE, net.mean.weight.device)
        self.epochs: list[Epoch] = []
        self.best: dict[str, Tensor] = {}

    @property
    def best_epoch(self) -> Epoch:
        """The first epoch with the lowest validation loss."""
        return min(self.epochs, key=lambda epoch: epoch.losses["validation_loss"])

    @property
    def _last_loss(self) -> float | None:
        """The validation loss of the last epoch; None before the first."""
        return self.epochs[-1].losses["validation_loss"] if self.epochs else None

    def one_pass(self, pixels: UInt8[Tensor, "images pixels"]) -> Losses:
        """Train on every image once. Return the mean of every loss term, in nats per image.

        Raises:
            LatenteError: The loss of a batch is not finite, or it exploded.
        """
        indices = batches.shuffled(pixels, self._options.batch_size, self._order)
        steps = self._steps(pixels.index_select(0, index) for index in indices)
        with hardware.arithmetic(self._options.precision):
            return _mean(_checked(steps, len(self.epochs) + 1, self._last_loss, pixels.device))

    def _steps(self, parts: Iterable[UInt8[Tensor, "batch pixels"]]) -> Iterator[tuple[LossTerms, int]]:
        """Take one optimiser step per batch. Yield the loss terms from before the step, and the batch size."""
        for part in parts:
            terms = self._net.objective(batches.grey(part), self._noise)
            self._optimiser.zero_grad()
            terms["loss"].mean().backward()
            self._optimiser.step()
            self._schedule.step()
            yield {name: term.detach() for name, term in terms.items()}, len(part)

    def checked(self, trained: Losses, validated: Losses) -> Losses:
        """The losses of an epoch, with the prefix `train_` or `validation_`.

        Raises:
            LatenteError: The training or the validation loss is not finite, or it exploded.
        """
        epoch = f"epoch {len(self.epochs) + 1}"
        before = _check(trained["loss"], f"{epoch}, training mean", self._last_loss)
        _check(validated["loss"], f"{epoch}, validation", before)
        return _named("train", trained) | _named("validation", validated)

    def add(self, epoch: Epoch) -> None:
        """Add a finished epoch, and keep its weights if it is the best."""
        self.epochs.append(epoch)
        if self.best_epoch is epoch:
            self.best = {key: value.clone() for key, value in self._net.state_dict().items()}

    def snapshot(self) -> Snapshot:
        """The complete state, from which the training can resume."""
        moments = self._optimiser.state_dict()["state"]
        tensors = {f"net.{name}": value for name, value in self._net.state_dict().items()}
        tensors |= {f"best.{name}": value for name, value in self.best.items()}
        tensors |= {f"adam.{index}.{name}": value for index, one in moments.items() for name, value in one.items()}
        tensors |= {"order": self._order.get_state(), "noise": self._noise.get_state()}
        epochs = [[epoch.number, epoch.losses] for epoch in self.epochs]
        return Snapshot(tensors, {"epochs": epochs, "schedule": self._schedule.state_dict()})

    def restore(self, snapshot: Snapshot) -> None:
        """Resume from a snapshot of a training with the same model, seed and schedule."""
        tensors, adam = snapshot.tensors, self._optimiser.state_dict()
        parameters = list(self._net.parameters())
        self._net.load_state_dict(_below(tensors, "net."))
        self.best = _below(tensors, "best.")
        for name, value in _below(tensors, "adam.").items():
            index, _, moment = name.partition(".")
            # The fused step needs moments with the memory layout of their weights; a file has no layout.
            like = parameters[int(index)] if value.ndim else value
            adam["state"].setdefault(int(index), {})[moment] = torch.empty_like(like).copy_(value)
        self._schedule.load_state_dict(snapshot.plain["schedule"])
        adam["param_groups"][0]["lr"] = self._schedule.get_last_lr()[0]
        self._optimiser.load_state_dict(adam)
        self._order.set_state(tensors["order"])
        self._noise.set_state(tensors["noise"])
        self.epochs = [Epoch(number, losses) for number, losses in snapshot.plain["epochs"]]


def _factor(step: int, steps: int) -> float:
    """The factor of the peak learning rate at a step, in (0, 1].

    Example:
        >>> [_factor(step, 100) for step in (0, 4, 9, 30, 50, 75)]
        [0.1, 0.5, 1.0, 1.0, 1.0, 0.5]
    """
    return min(1.0, (step + 1) / (_RISING * steps), (1 - step / steps) / _FALLING)


def _below(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


@torch.no_grad()
def evaluate(net: Autoencoder, pixels: UInt8[Tensor, "images pixels"], seed: int) -> Losses:
    """The mean of every loss term over images, in nats per image; the noise is the same at each call."""
    noise = _generator(seed, _VALIDATION, pixels.device)
    return _mean((net.objective(batches.grey(part), noise), len(part)) for part in pixels.split(1000))


def _checked(
    parts: Iterator[tuple[LossTerms, int]], epoch: int, before: float | None, device: torch.device
) -> Iterator[tuple[LossTerms, int]]:
    """Yield the same batches, and check the loss every 20 steps.

    The check needs a CPU. A GPU would have to wait for the number, so on a GPU the loss is checked once per epoch.
    """
    for number, (terms, size) in enumerate(parts, start=1):
        if number % _CHECK_EVERY == 1 and device.type == "cpu":
            before = _check(float(terms["loss"].mean()), f"epoch {epoch}, batch {number}", before)
        yield terms, size


def _check(loss: float, where: str, before: float | None) -> float:
    """Return the loss if it is valid.

    Raises:
        LatenteError: The loss is not finite, or so high that the training cannot recover.
    """
    if abs(loss) < _EXPLODED:
        return loss
    valid = "" if before is None else f" (last valid loss: {before:.6g})"
    raise LatenteError(
        f"{where}: the loss is {loss:.6g} nats per image{valid}; lower train.learning_rate in params.yaml"
    )


def _mean(parts: Iterator[tuple[LossTerms, int]]) -> Losses:
    """The mean of every loss term over images.

    The sums stay tensors until the end, so that no step waits for a number from a GPU.
    """
    sums: dict[str, Tensor] = {}
    count = 0
    for terms, size in parts:
        count += size
        for name, term in terms.items():
            sums[name] = sums.get(name, torch.zeros((), dtype=torch.float64, device=term.device)) + term.sum()
    return {name: float(total) / count for name, total in sums.items()}


def _generator(seed: int, purpose: int, device: torch.device) -> Generator:
    """A random generator. Every pair of seed and purpose has its own stream."""
    return Generator(device).manual_seed((seed << 8) + purpose)


def _named(part: str, losses: Mapping[str, float]) -> Losses:
    return {f"{part}_{name}": value for name, value in losses.items()}
