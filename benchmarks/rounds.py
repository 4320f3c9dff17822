"""Interleaved timings: every round times every contender once, so a slow minute of the machine affects all of them."""

from collections.abc import Callable, Mapping, Sequence
from statistics import median
from timeit import Timer

from torch.utils.benchmark import Measurement, TaskSpec

from latente.study import tables

Times = dict[str, Measurement]
"""Contender -> its seconds in each round."""


def interleaved(contenders: Mapping[str, Callable[[], object]], rounds: int) -> Times:
    """Time contenders.

    Args:
        contenders: Name -> work that can be repeated.
        rounds: Number of rounds, at least 1. One more round comes first and does not count, since first calls are slow.
    """
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(rounds + 1):
        for name, work in contenders.items():
            taken = Timer(work).timeit(1)
            if number:
                seconds[name].append(taken)
    return {name: measured(name, values) for name, values in seconds.items()}


def measured(name: str, seconds: Sequence[float]) -> Measurement:
    """The seconds of several rounds as one measurement."""
    return Measurement(1, list(seconds), TaskSpec(stmt=name, setup=""))


def ratio(base: Measurement, other: Measurement) -> str:
    """How many times as fast `other` is: the median and the range over rounds.

    Example:
        >>> ratio(measured("a", [4.0, 4.2, 4.4]), measured("b", [2.0, 2.0, 2.0]))
        '2.10 (2.00 to 2.20)'
    """
    ratios = sorted(a / b for a, b in zip(base.times, other.times, strict=True))
    return f"{median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"


def spread(found: Measurement, digits: int = 2) -> str:
    """The median and the range of seconds.

    Example:
        >>> spread(measured("a", [4.0, 4.2, 4.4]), 1)
        '4.2 (4.0 to 4.4)'
    """
    return f"{found.median:.{digits}f} ({min(found.times):.{digits}f} to {max(found.times):.{digits}f})"


def table(times: Times, bases: Mapping[str, str], digits: int = 2) -> str:
    """A Markdown table: the seconds of every contender, and how many times as fast as each base it is.

    Args:
        times: The measured times.
        bases: Contender -> the column title of the ratios to it.
        digits: Number of decimals of the seconds.
    """
    head = ["way", "seconds (range)", *bases.values()]
    rows = [
        [name, spread(found, digits), *("1" if name == base else ratio(times[base], found) for base in bases)]
        for name, found in times.items()
    ]
    return tables.render("markdown", head, rows)
