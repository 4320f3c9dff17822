"""Training: seconds an epoch of every way, and what each has learnt by then."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from jaxtyping import UInt8
from torch import Tensor

from benchmarks import contenders, rounds, text
from benchmarks.rounds import Times
from latente import tables, threads, training
from latente.autoencoder import Autoencoder
from latente.data import batches
from latente.data.mnist import PIXELS, Images

EPOCHS, ROUNDS = 3, 3
USUAL, PYTHAE, FP32, BF16 = "DataLoader, 0 workers", "benchmark_VAE (pythae)", "latente, fp32", "latente, bf16"


@dataclass(frozen=True)
class Measured:
    """Every way's seconds an epoch, and the loss it had reached after how many seconds.

    Attributes:
        epochs: Way -> seconds an epoch in every round.
        curves: Way -> round -> epoch -> (seconds of training until then, negative ELBO of the test images, in nats).
    """

    epochs: Times
    curves: Mapping[str, Sequence[Sequence[tuple[float, float]]]]


def measure(train: Images, test: Images, cores: int) -> Measured:
    """Train from several seeds in every way, in turn.

    Args:
        train: To train on.
        test: To measure what was learnt; that takes no part in the times.
        cores: Threads of the ways of others, as torch would choose.
    """
    ways = {
        USUAL: contenders.usual(0, cores),
        "DataLoader, 2 workers": contenders.usual(2, cores),
        "Lightning, images in memory": contenders.lightning(train, cores),
        PYTHAE: contenders.pythae(train, cores),
        f"latente, fp32, {cores} threads": contenders.ours(train, "fp32", cores),
        FP32: contenders.ours(train, "fp32"),
        BF16: contenders.ours(train, "bf16"),
    }
    held_out = batches.pixels(test)
    ways[FP32](1, 0, lambda _: None)  # first calls are slow
    curves: dict[str, list[list[tuple[float, float]]]] = {name: [] for name in ways}
    for seed in range(ROUNDS):
        for name, way in ways.items():
            curves[name].append(_curve(way, seed, held_out))
    seconds = {
        name: rounds.measured(name, [curve[-1][0] / EPOCHS for curve in found]) for name, found in curves.items()
    }
    return Measured(seconds, curves)


def _curve(way: contenders.Way, seed: int, test: UInt8[Tensor, "images 784"]) -> list[tuple[float, float]]:
    points: list[tuple[float, float]] = []
    began, spent = time.perf_counter(), 0.0

    def told(net: Autoencoder) -> None:
        nonlocal spent
        asked = time.perf_counter()
        loss = training.evaluate(net, test, 0)["loss"]
        points.append((asked - began - spent, loss))
        spent += time.perf_counter() - asked

    way(EPOCHS, seed, told)
    return points


def floor(seconds: float = 2.0) -> tuple[float, float]:
    """The matrix rate of one thread in GFLOP/s, measured on the products of a step, and what an epoch needs at it.

    Args:
        seconds: How long to measure.
    """
    threads.limit(1)
    down = list(pairwise([PIXELS, *contenders.HIDDEN]))
    code = [(contenders.HIDDEN[-1], 2 * contenders.LATENT_DIM), (contenders.LATENT_DIM, contenders.HIDDEN[-1])]
    shapes = [*down, *code, *((b, a) for a, b in reversed(down))]
    batch = contenders.BATCH_SIZE
    factors = [(torch.randn(batch, a), torch.randn(a, b), torch.randn(batch, b)) for a, b in shapes]
    count, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        for number, (x, weight, gradient) in enumerate(factors):
            x @ weight
            x.T @ gradient
            if number:  # the images need no gradient
                gradient @ weight.T
        count += 1
    step = (time.perf_counter() - start) / count
    flops = sum((6 if number else 4) * batch * a * b for number, (a, b) in enumerate(shapes))
    return flops / step / 1e9, step * -(-60_000 // batch)


def tell(found: Measured, rate: tuple[float, float]) -> str:
    """The section of the page."""
    fp32, bf16 = found.epochs[FP32].median, found.epochs[BF16].median
    last = {
        name: {str(seed): curve[-1][1] for seed, curve in enumerate(curves)} for name, curves in found.curves.items()
    }
    target = max(last[USUAL].values())
    rows = [
        [
            name,
            text.spread(last[name], 2),
            rounds.spread(rounds.measured(name, reached), 1) if reached else "not reached",
        ]
        for name, curves in found.curves.items()
        for reached in [_seconds_to(target, curves)]
    ]
    limit = (
        f"**Floor.** One thread does {rate[0]:.0f} GFLOP/s on the products of a step in float32, which alone take "
        f"{rate[1]:.2f} s an epoch: `{FP32}` takes {fp32 / rate[1]:.2f} times as long, `{BF16}` "
        f"{bf16 / rate[1]:.2f} times."
    )
    equal = (
        f"**At equal time.** Negative ELBO of the test images, nats per image, lower is better: after {EPOCHS} epochs "
        f"(mean ± sd over seeds), and the seconds of training after which it was at most {target:.1f}, where the first "
        "way ends. The project's learning rate falls to zero along a cosine, which so few epochs do not repay (the "
        "study has twelve); the others keep theirs."
    )
    return "\n\n".join(
        [
            "## Training",
            text.paragraph(
                f"One VAE (784-512-256-16), batches of 128, Adam from 0.001, 60,000 images, {EPOCHS} epochs",
                "from each of",
                f"{ROUNDS} seeds, in turn. Ways of others run on as many threads as torch chooses; the",
                "project's stage on",
                "one. Seconds an epoch: median over rounds and their range; ratios are of the same round.",
            ),
            rounds.table(found.epochs, {USUAL: "times as fast as DataLoader", PYTHAE: "as pythae"}),
            text.paragraph(limit),
            text.paragraph(equal),
            tables.render("markdown", ["way", f"−ELBO after {EPOCHS} epochs", f"seconds to {target:.1f}"], rows),
        ]
    )


def _seconds_to(target: float, curves: Sequence[Sequence[tuple[float, float]]]) -> list[float]:
    """Of every round, or none if one did not get there."""
    reached = [next((seconds for seconds, loss in curve if loss <= target), None) for curve in curves]
    return [] if None in reached else [seconds for seconds in reached if seconds is not None]
