"""Times side by side: every contender once a round, in turn, so that a slow minute of the machine falls on all."""

from collections.abc import Callable, Mapping, Sequence
from statistics import median
from timeit import Timer

from torch.utils.benchmark import Measurement, TaskSpec

from latente.study import tables

Times = dict[str, Measurement]
"""Contender -> its seconds in every round."""


def interleaved(contenders: Mapping[str, Callable[[], object]], rounds: int) -> Times:
    """Time contenders.

    Args:
        contenders: Name -> work that leaves things as it found them.
        rounds: At least 1; one more goes before, which is not counted: first calls are slow.
    """
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(rounds + 1):
        for name, work in contenders.items():
            taken = Timer(work).timeit(1)
            if number:
                seconds[name].append(taken)
    return {name: measured(name, values) for name, values in seconds.items()}


def measured(name: str, seconds: Sequence[float]) -> Measurement:
    """Seconds of several rounds under one name."""
    return Measurement(1, list(seconds), TaskSpec(stmt=name, setup=""))


def ratio(base: Measurement, other: Measurement) -> str:
    """How many times as fast the other is: the median over rounds, and the range.

    Example:
        >>> ratio(measured("a", [4.0, 4.2, 4.4]), measured("b", [2.0, 2.0, 2.0]))
        '2.10 (2.00 to 2.20)'
    """
    ratios = sorted(a / b for a, b in zip(base.times, other.times, strict=True))
    return f"{median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"


def spread(found: Measurement, digits: int = 2) -> str:
    """Median seconds, and the range.

    Example:
        >>> spread(measured("a", [4.0, 4.2, 4.4]), 1)
        '4.2 (4.0 to 4.4)'
    """
    return f"{found.median:.{digits}f} ({min(found.times):.{digits}f} to {max(found.times):.{digits}f})"


def table(times: Times, bases: Mapping[str, str], digits: int = 2) -> str:
    """Seconds of every contender, and how many times as fast it is as each base.

    Args:
        times: What was measured.
        bases: Contender -> the head of the column of ratios to it.
        digits: Of the seconds.
    """
    head = ["way", "seconds (range)", *bases.values()]
    rows = [
        [name, spread(found, digits), *("1" if name == base else ratio(times[base], found) for base in bases)]
        for name, found in times.items()
    ]
    return tables.render("markdown", head, rows)
