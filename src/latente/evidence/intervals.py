"""Mean differences over seeds with a Student interval. A single seed gives no verdict."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from latente.results.student import half_width

Verdict = Literal["higher", "lower", "undecided"]


@dataclass(frozen=True)
class Difference:
    """A mean difference and its Student interval over seeds.

    Attributes:
        mean: Over seeds.
        low: Lower end of the interval; minus infinity for a single seed.
        high: Upper end; infinity for a single seed.
        seeds: How many values the mean is of.
    """

    mean: float
    low: float
    high: float
    seeds: int

    @property
    def verdict(self) -> Verdict:
        """`higher` or `lower` if the interval excludes zero."""
        return "higher" if self.low > 0 else "lower" if self.high < 0 else "undecided"


def paired(a: Mapping[str, float], b: Mapping[str, float], *, confidence: float) -> Difference:
    """The mean of b minus a, over the seeds that both have.

    Args:
        a: Seed -> value.
        b: Seed -> value.
        confidence: Of the interval, for instance 0.95.

    Example:
        >>> paired({"0": 1.0, "1": 2.0, "2": 3.0}, {"0": 2.0, "1": 3.1, "2": 3.9}, confidence=0.95).verdict
        'higher'
    """
    return _interval([b[seed] - a[seed] for seed in a if seed in b], confidence)


def against(values: Mapping[str, float], constant: float, *, confidence: float) -> Difference:
    """The mean of the values minus a constant that has no seeds.

    Args:
        values: Seed -> value.
        constant: Is subtracted from each.
        confidence: Of the interval, for instance 0.95.
    """
    return _interval([value - constant for value in values.values()], confidence)


def unpaired(a: Mapping[str, float], b: Mapping[str, float], *, confidence: float) -> Difference:
    """The mean of b minus the mean of a, with Welch's interval, which allows unequal variances.

    Args:
        a: Seed -> value.
        b: Seed -> value; the seeds may be others than those of a.
        confidence: Of the interval, for instance 0.95.

    Example:
        >>> unpaired({"0": 1.0, "1": 1.1, "2": 0.9}, {"3": 2.0, "4": 2.2}, confidence=0.95).verdict
        'higher'
    """
    x, y = (np.array(list(values.values()), dtype=float) for values in (a, b))
    mean, count = float(y.mean() - x.mean()), min(len(x), len(y))
    if count < 2:
        return Difference(mean, -math.inf, math.inf, count)
    if x.std() == y.std() == 0:
        return Difference(mean, mean, mean, count)
    from scipy.stats import ttest_ind  # noqa: PLC0415 (a second to import)

    low, high = ttest_ind(y, x, equal_var=False).confidence_interval(confidence)
    return Difference(mean, float(low), float(high), count)


def _interval(differences: list[float], confidence: float) -> Difference:
    count = len(differences)
    mean = float(np.mean(differences))
    if count < 2:
        return Difference(mean, -math.inf, math.inf, count)
    half = half_width(float(np.std(differences, ddof=1)), count, confidence) / math.sqrt(count)
    return Difference(mean, mean - half, mean + half, count)
