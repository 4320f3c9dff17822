"""Our silhouette against the one of scikit-learn: time, memory, values, and time for many labellings."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from timeit import Timer

import numpy as np
import psutil
from jaxtyping import Float, UInt8
from sklearn.metrics import silhouette_samples

from benchmarks import rounds, text
from benchmarks.rounds import Times
from latente.codes import latents
from latente.determinism import threads
from latente.measures import silhouette
from latente.study import tables

SIZES = (10_000, 20_000, 60_000)
ROUNDS = 3
PERMUTATIONS = 1000
REPEATS = 3  # calls of scikit-learn; their median is the time of one labelling

Points = Float[np.ndarray, "images features"]
Labels = UInt8[np.ndarray, " images"]
Way = Callable[[Points, Labels], Float[np.ndarray, " images"]]

_WAYS: dict[str, Way] = {"scikit-learn": silhouette_samples, "latente": silhouette.samples}


@dataclass(frozen=True)
class Measured:
    """Results by number of codes: times, additional memory in MiB, and largest absolute difference of the values."""

    times: dict[int, Times]
    memory: dict[int, dict[str, float]]
    difference: dict[int, float]
    labellings: Times


def measure(file: Path) -> Measured:
    """Score the codes of a trained model.

    Args:
        file: The file of the codes; it must have at least as many codes as the largest size.
    """
    codes = latents.load(file)
    times: dict[int, Times] = {}
    memory: dict[int, dict[str, float]] = {}
    difference: dict[int, float] = {}
    threads.limit(1)
    for size in SIZES:
        points, labels = codes.mean[:size], codes.label[:size]
        ways = {name: _call(way, points, labels) for name, way in _WAYS.items()}
        times[size] = rounds.interleaved(ways, ROUNDS)
        memory[size] = {name: _peak(name, points, labels) for name in _WAYS}
        difference[size] = float(np.abs(silhouette.samples(points, labels) - silhouette_samples(points, labels)).max())
    points, labels = codes.mean[: SIZES[0]], codes.label[: SIZES[0]]
    return Measured(times, memory, difference, _labellings(points, labels))


def _call(way: Way, points: Points, labels: Labels) -> Callable[[], object]:
    return lambda: way(points, labels)


def _labellings(points: Points, labels: Labels) -> Times:
    """Time of the permuted labellings and the interval. For scikit-learn, it is extrapolated from a few calls."""
    calls = [Timer(lambda: silhouette_samples(points, labels)).timeit(1) for _ in range(REPEATS)]
    whole = Timer(
        lambda: (silhouette.left_out(points, labels), silhouette.permuted(points, labels, PERMUTATIONS, 0))
    ).timeit(1)
    return {
        "scikit-learn, extrapolated": rounds.measured("scikit-learn", [float(np.median(calls)) * (PERMUTATIONS + 1)]),
        "latente": rounds.measured("latente", [whole]),
    }


def _peak(name: str, points: Points, labels: Labels) -> float:
    """The largest additional memory of a call in a new process, in MiB."""
    context = get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_watched, args=(name, points, labels, sender))
    process.start()
    found = float(receiver.recv())
    process.join()
    return found


def _watched(name: str, points: Points, labels: Labels, sender: Connection) -> None:
    threads.limit(1)
    _WAYS[name](points[:500], labels[:500])  # the first call loads libraries; their memory does not count
    own, ended, peak = psutil.Process(), threading.Event(), 0

    def watch() -> None:
        nonlocal peak
        while not ended.wait(0.002):
            peak = max(peak, own.memory_info().rss)

    before, watcher = own.memory_info().rss, threading.Thread(target=watch)
    watcher.start()
    _WAYS[name](points, labels)
    ended.set()
    watcher.join()
    sender.send((peak - before) / 2**20)


def to_markdown(found: Measured) -> str:
    """The section of docs/performance.md."""
    rows = [
        [
            f"{size:,}",
            rounds.spread(times["scikit-learn"]),
            rounds.spread(times["latente"]),
            rounds.ratio(times["scikit-learn"], times["latente"]),
            f"{found.memory[size]['scikit-learn']:,.0f}",
            f"{found.memory[size]['latente']:,.0f}",
            f"{found.difference[size]:.0e}",
        ]
        for size, times in found.times.items()
    ]
    head = ["codes", "scikit-learn (s)", "latente (s)", "times as fast", "its MiB", "our MiB", "largest difference"]
    small, large = SIZES[1], SIZES[2]
    growth = found.times[large]["latente"].median / found.times[small]["latente"].median / (large / small) ** 2
    base, own = found.labellings.values()
    null = (
        f"**{PERMUTATIONS:,} permuted labellings** of {SIZES[0]:,} codes and an interval over images take "
        f"{own.median:.1f} s. With scikit-learn, {PERMUTATIONS + 1:,} calls would take {base.median:,.0f} s, "
        f"{base.median / own.median:.0f} times as long, without the interval. This time is extrapolated from the "
        f"median of {REPEATS} calls."
    )
    return "\n\n".join(
        [
            "## Silhouette",
            "Silhouettes of all images, for ten classes and the 16-dimensional mean codes of a VAE, on one thread.",
            tables.render("markdown", head, rows),
            text.paragraph(
                f"From {small:,} to {large:,} codes, the time grows {growth:.2f} times as much as the square of the",
                "number of codes.",
            ),
            text.paragraph(null),
        ]
    )
