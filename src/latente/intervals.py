"""Differences over seeds, with an interval: never a verdict from one seed."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.stats import t, ttest_ind

Verdict = Literal["higher", "lower", "undecided"]


@dataclass(frozen=True)
class Difference:
    """A mean difference and its 95 % Student interval over seeds; the interval is infinite for a single seed."""

    mean: float
    low: float
    high: float
    seeds: int

    @property
    def verdict(self) -> Verdict:
        """`higher` or `lower` if the interval excludes zero."""
        return "higher" if self.low > 0 else "lower" if self.high < 0 else "undecided"


def paired(a: Mapping[str, float], b: Mapping[str, float]) -> Difference:
    """How much higher b is than a, paired by the seeds that both have.

    Example:
        >>> paired({"0": 1.0, "1": 2.0, "2": 3.0}, {"0": 2.0, "1": 3.1, "2": 3.9}).verdict
        'higher'
    """
    return _interval([b[seed] - a[seed] for seed in a if seed in b])


def against(values: Mapping[str, float], constant: float) -> Difference:
    """How much higher the values are than a constant without seeds of its own."""
    return _interval([value - constant for value in values.values()])


def unpaired(a: Mapping[str, float], b: Mapping[str, float]) -> Difference:
    """How much higher the mean of b is than that of a, with Welch's interval, which takes no equal spreads.

    Example:
        >>> unpaired({"0": 1.0, "1": 1.1, "2": 0.9}, {"3": 2.0, "4": 2.2}).verdict
        'higher'
    """
    x, y = (np.array(list(values.values()), dtype=float) for values in (a, b))
    mean, count = float(y.mean() - x.mean()), min(len(x), len(y))
    if count < 2:
        return Difference(mean, -math.inf, math.inf, count)
    if x.std() == y.std() == 0:
        return Difference(mean, mean, mean, count)
    low, high = ttest_ind(y, x, equal_var=False).confidence_interval(0.95)
    return Difference(mean, float(low), float(high), count)


def _interval(differences: list[float]) -> Difference:
    count = len(differences)
    mean = float(np.mean(differences))
    if count < 2:
        return Difference(mean, -math.inf, math.inf, count)
    half = float(t.ppf(0.975, count - 1)) * float(np.std(differences, ddof=1)) / math.sqrt(count)
    return Difference(mean, mean - half, mean + half, count)
