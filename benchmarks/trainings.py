"""Training speed: seconds per epoch of each way, and the test loss against the time."""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from multiprocessing import get_context
from typing import Literal

import numpy as np
import torch
from joblib import cpu_count
from torch.profiler import ProfilerActivity, profile

from benchmarks import contenders, mnist, rounds, text
from benchmarks.rounds import Times
from latente.data import batches
from latente.data.images import Images
from latente.determinism import threads
from latente.models.network.autoencoder import Autoencoder
from latente.models.training import fit
from latente.results import figures, labels
from latente.study import tables

EPOCHS, ROUNDS = 4, 3
USUAL, PYTHAE = "DataLoader, 0 workers", "benchmark_VAE (pythae)"
FP32, BF16 = "latente, fp32", "latente, bf16"

_WAYS: dict[str, Callable[[Images, int], contenders.Way]] = {
    USUAL: lambda _, cores: contenders.usual(0, cores),
    "DataLoader, 2 workers": lambda _, cores: contenders.usual(2, cores),
    "Lightning, images in memory": contenders.lightning,
    PYTHAE: contenders.pythae,
    FP32: lambda train, cores: contenders.ours(train, "fp32", cores),
    BF16: lambda train, cores: contenders.ours(train, "bf16", cores),
    f"{FP32}, one thread": lambda train, _: contenders.ours(train, "fp32"),
    f"{BF16}, one thread": lambda train, _: contenders.ours(train, "bf16"),
}
"""Name of a way -> function of the training images and the number of threads that returns the way."""


_PRECISIONS: dict[str, Literal["fp32", "bf16"]] = {FP32: "fp32", BF16: "bf16"}
_PROFILED = 25_600  # number of images in a profile: 200 steps

Shares = dict[str, dict[str, float]]
"""Way -> part of a training step -> its share of the time, in [0, 1]."""


@dataclass(frozen=True)
class Measured:
    """Seconds per epoch of each way, and its test loss against the seconds of training.

    Attributes:
        epochs: Way -> seconds per epoch in each round, without the first epoch, since first calls are slow.
        curves: Way -> round -> epoch -> (seconds of training so far, negative ELBO of the test images in nats).
    """

    epochs: Times
    curves: Mapping[str, Sequence[Sequence[tuple[float, float]]]]


def measure() -> Measured:
    """Train in every way from several seeds. Ways alternate, and each training has its own process."""
    curves: dict[str, list[list[tuple[float, float]]]] = {name: [] for name in _WAYS}
    with ProcessPoolExecutor(1, get_context("spawn"), max_tasks_per_child=1) as pool:
        for seed in range(ROUNDS):
            for name, found in curves.items():
                found.append(pool.submit(_curve, name, seed).result())
    seconds = {
        name: rounds.measured(name, [(curve[-1][0] - curve[0][0]) / (EPOCHS - 1) for curve in found])
        for name, found in curves.items()
    }
    return Measured(seconds, curves)


def _curve(name: str, seed: int) -> list[tuple[float, float]]:
    torch.set_num_threads(1)  # threads that start now would keep their setting for denormal numbers
    train, test = mnist.load()
    held_out = batches.pixels(test)
    way = _WAYS[name](train, cpu_count())
    points: list[tuple[float, float]] = []
    began, spent = time.perf_counter(), 0.0

    def on_epoch(net: Autoencoder) -> None:
        nonlocal spent
        asked = time.perf_counter()
        loss = fit.evaluate(net, held_out, 0)["loss"]
        points.append((asked - began - spent, loss))
        spent += time.perf_counter() - asked

    way(EPOCHS, seed, on_epoch)
    return points


def shares(count: int) -> Shares:
    """How the time of a step is divided, on a number of threads; torch's profiler measures it, and adds some time."""
    train, _ = mnist.load()
    some = train[np.arange(_PROFILED)]
    found: Shares = {}
    for way, precision in _PRECISIONS.items():
        work = contenders.ours(some, precision, count)
        work(1, 0, lambda _: None)  # first calls are slow
        start = time.perf_counter()
        with profile(activities=[ProfilerActivity.CPU]) as profiled:
            work(1, 0, lambda _: None)
        whole = time.perf_counter() - start
        calls = {event.key: event.self_cpu_time_total / 1e6 / whole for event in profiled.key_averages()}
        products, adam = calls["aten::mm"] + calls["aten::addmm"], calls["aten::_fused_adam_"]
        others = sum(share for name, share in calls.items() if name.startswith("aten::")) - products - adam
        found[way] = {
            "products": products,
            "Adam": adam,
            "other operations": others,
            "Python and dispatch": 1 - products - adam - others,
        }
    return found


def draw(curves: Mapping[str, Sequence[Sequence[tuple[float, float]]]]) -> bytes:
    """A PNG chart of the loss against the seconds of training; both are means over rounds."""
    drawn = figures.figure(4.0)
    axes = drawn.subplots()
    for index, (name, found) in enumerate(curves.items()):
        seconds, losses = np.mean(found, axis=0).T
        ours = name.startswith("latente")
        axes.plot(seconds, losses, "o-" if ours else "s--", color=labels.colour(index % 4), markersize=4, label=name)
    axes.set(xlabel="seconds of training", ylabel="negative ELBO, nats per image", xlim=(0, None))
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, loc="upper right")
    return figures.to_png(drawn)


def floor(count: int, seconds: float = 2.0) -> tuple[float, float]:
    """The shortest time of an epoch: only the matrix products of its steps, in float32.

    Args:
        count: Number of threads.
        seconds: Duration of the measurement.

    Returns:
        The rate of the products in GFLOP/s, and the seconds of an epoch at this rate.
    """
    threads.limit(count)
    hidden = contenders.NETWORK.hidden
    down = list(pairwise([28**2, *hidden]))
    code = [(hidden[-1], 2 * contenders.LATENT_DIM), (contenders.LATENT_DIM, hidden[-1])]
    shapes = [*down, *code, *((b, a) for a, b in reversed(down))]
    batch = contenders.BATCH_SIZE
    factors = [(torch.randn(batch, a), torch.randn(a, b), torch.randn(batch, b)) for a, b in shapes]
    steps, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        for number, (x, weight, gradient) in enumerate(factors):
            x @ weight
            x.T @ gradient
            if number:  # the images need no gradient
                gradient @ weight.T
        steps += 1
    step = (time.perf_counter() - start) / steps
    flops = sum((6 if number else 4) * batch * a * b for number, (a, b) in enumerate(shapes))
    return flops / step / 1e9, step * -(-60_000 // batch)


def to_markdown(found: Measured, rates: Mapping[int, tuple[float, float]], parts: Shares) -> str:
    """The section of docs/performance.md."""
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
    intro = (
        f"All ways train the same VAE (784-512-256-16) on 60,000 images, with batches of 128 and Adam at 0.001, for "
        f"{EPOCHS} epochs from each of {ROUNDS} seeds. Ways alternate, and each training has its own process. If the "
        "table does not name the number of threads, it is the number of cores. A stage of the pipeline has one thread, "
        "because other stages run beside it. Seconds are for one epoch, without the first epoch: the median and the "
        "range over rounds. Ratios compare times of the same round."
    )
    equal = (
        "**At equal time.** The next table has the negative ELBO of the test images in nats per image; lower is "
        f"better. Its columns are the value after {EPOCHS} epochs (mean ± sd over seeds), and the seconds of training "
        f"until the value is at most {target:.1f}. The first way reaches this value at its end. The learning rate of "
        "this project rises over the first tenth of the steps, and falls over the last half; the others are constant."
    )
    return "\n\n".join(
        [
            "## Training",
            text.paragraph(intro),
            rounds.table(found.epochs, {USUAL: "times as fast as DataLoader", PYTHAE: "as pythae"}),
            text.paragraph("**Shortest time.**", *(_above(found.epochs, *each) for each in rates.items())),
            text.paragraph(_LIMIT),
            tables.render(
                "markdown",
                ["share of a step", *parts[FP32]],
                [[way, *(f"{share:.0%}" for share in found.values())] for way, found in parts.items()],
            ),
            text.paragraph(equal),
            tables.render("markdown", ["way", f"−ELBO after {EPOCHS} epochs", f"seconds to {target:.1f}"], rows),
            "![Negative ELBO against seconds of training, with one line for each way](img/training.png)",
        ]
    )


_LIMIT = (
    "**The rest of the time.** bf16 makes only the matrix products faster. The other work remains: Adam reads and "
    "writes every weight and its two moments, and the loss has 784 logarithms per image. A step also has about a "
    "hundred calls, and most of them are too small for a second thread. Gradients by hand or compiled code would need "
    "fewer calls, but the code would be harder to read."
)


def _above(epochs: Times, count: int, rate: tuple[float, float]) -> str:
    """How far the ways of this project are above the shortest time, on a number of threads."""
    suffix, number = (", one thread", "one thread reaches") if count == 1 else ("", f"{count} threads reach")
    times = [f"`{way}{suffix}` takes {epochs[way + suffix].median / rate[1]:.2f} times as long" for way in (FP32, BF16)]
    return (
        f"On the matrix products of a step in float32, {number} {rate[0]:.0f} GFLOP/s. The products alone take "
        f"{rate[1]:.2f} s per epoch; {' and '.join(times)}."
    )


def _seconds_to(target: float, curves: Sequence[Sequence[tuple[float, float]]]) -> list[float]:
    """The seconds of each round until the loss is at most `target`; empty if one round does not reach it."""
    reached = [next((seconds for seconds, loss in curve if loss <= target), None) for curve in curves]
    return [] if None in reached else [seconds for seconds in reached if seconds is not None]
