"""Training: seconds an epoch of every way, and what each has learnt by then."""

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

from benchmarks import contenders, rounds, text
from benchmarks.rounds import Times
from latente.data import batches, mnist
from latente.data.mnist import PIXELS, Images
from latente.determinism import threads
from latente.models.network.autoencoder import Autoencoder
from latente.models.training import fit
from latente.project import paths
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
"""Way -> what trains that way, from the training images and the number of threads."""


_PRECISIONS: dict[str, Literal["fp32", "bf16"]] = {FP32: "fp32", BF16: "bf16"}
_PROFILED = 25_600  # images of a profile, 200 steps

Shares = dict[str, dict[str, float]]
"""Way -> part of a step -> its share of the time, in [0, 1]."""


@dataclass(frozen=True)
class Measured:
    """Every way's seconds an epoch, and the loss it had reached after how many seconds.

    Attributes:
        epochs: Way -> seconds an epoch in every round, the first epoch left out: first calls are slow.
        curves: Way -> round -> epoch -> (seconds of training until then, negative ELBO of the test images, in nats).
    """

    epochs: Times
    curves: Mapping[str, Sequence[Sequence[tuple[float, float]]]]


def measure() -> Measured:
    """Train from several seeds in every way, in turn, each in a process of its own."""
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
    torch.set_num_threads(1)  # so that loading starts no threads, which would keep how they treat denormal numbers
    train, test = mnist.load(paths.raw())
    held_out = batches.pixels(test)
    way = _WAYS[name](train, cpu_count())
    points: list[tuple[float, float]] = []
    began, spent = time.perf_counter(), 0.0

    def told(net: Autoencoder) -> None:
        nonlocal spent
        asked = time.perf_counter()
        loss = fit.evaluate(net, held_out, 0)["loss"]
        points.append((asked - began - spent, loss))
        spent += time.perf_counter() - asked

    way(EPOCHS, seed, told)
    return points


def shares(count: int) -> Shares:
    """What the time of a step goes into, on a number of threads, by torch's profiler, which itself costs some."""
    train, _ = mnist.load(paths.raw())
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
    """The loss against the seconds of training, the mean of the rounds, as PNG."""
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
    """The matrix rate in GFLOP/s, measured on the products of a step in float32, and what an epoch needs at it.

    Args:
        count: Threads.
        seconds: How long to measure.
    """
    threads.limit(count)
    down = list(pairwise([PIXELS, *contenders.HIDDEN]))
    code = [(contenders.HIDDEN[-1], 2 * contenders.LATENT_DIM), (contenders.LATENT_DIM, contenders.HIDDEN[-1])]
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


def tell(found: Measured, rates: Mapping[int, tuple[float, float]], parts: Shares) -> str:
    """The section of the page."""
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
        f"One VAE (784-512-256-16), batches of 128, Adam at 0.001, 60,000 images, {EPOCHS} epochs from each of "
        f"{ROUNDS} seeds, in turn, each in a process of its own. Every way has as many threads as the machine has "
        "cores, where the table does not say otherwise; a stage of the pipeline has one, as another stage runs beside "
        "it. Seconds an epoch, the first left out: median over rounds and their range; ratios are of the same round."
    )
    equal = (
        f"**At equal time.** Negative ELBO of the test images, nats per image, lower is better: after {EPOCHS} epochs "
        f"(mean ± sd over seeds), and the seconds of training after which it was at most {target:.1f}, where the first "
        "way ends. The project's learning rate falls over the last quarter of the steps; the others keep theirs."
    )
    return "\n\n".join(
        [
            "## Training",
            text.paragraph(intro),
            rounds.table(found.epochs, {USUAL: "times as fast as DataLoader", PYTHAE: "as pythae"}),
            text.paragraph("**Floor.**", *(_above(found.epochs, *each) for each in rates.items())),
            text.paragraph(_LIMIT),
            tables.render(
                "markdown",
                ["share of a step", *parts[FP32]],
                [[way, *(f"{share:.0%}" for share in found.values())] for way, found in parts.items()],
            ),
            text.paragraph(equal),
            tables.render("markdown", ["way", f"−ELBO after {EPOCHS} epochs", f"seconds to {target:.1f}"], rows),
            "![Negative ELBO against seconds of training, a line for each way](img/training.png)",
        ]
    )


_LIMIT = (
    "**Where the rest goes.** Rounded factors make the products faster, and nothing else: Adam reads and writes every "
    "weight and its two moments whatever their products cost, the loss has 784 logarithms an image, and a step is "
    "some hundred calls, most of them too small for a second thread. Gradients by hand or compiled code would save "
    "calls, at the price of plainness."
)


def _above(epochs: Times, count: int, rate: tuple[float, float]) -> str:
    """How far the project's ways are above the floor on a number of threads."""
    suffix, number = (", one thread", "One thread does") if count == 1 else ("", f"{count} threads do")
    times = [f"`{way}{suffix}` takes {epochs[way + suffix].median / rate[1]:.2f} times as long" for way in (FP32, BF16)]
    return (
        f"{number} {rate[0]:.0f} GFLOP/s on the products of a step in float32, which alone take {rate[1]:.2f} s an "
        f"epoch: {' and '.join(times)}."
    )


def _seconds_to(target: float, curves: Sequence[Sequence[tuple[float, float]]]) -> list[float]:
    """Of every round, or none if one did not get there."""
    reached = [next((seconds for seconds, loss in curve if loss <= target), None) for curve in curves]
    return [] if None in reached else [seconds for seconds in reached if seconds is not None]
