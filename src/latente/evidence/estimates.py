"""Estimates with an interval over seeds and over images.

A number depends on chance in two ways: on the seed of the training, and on the images of the measurement. All seeds are
measured on the same images, so the two are crossed, not nested. A jackknife leaves out one seed at a time, and another
one leaves out one group of images at a time. The two variances are added. Student's distribution has the degrees of
freedom of the sum (Welch-Satterthwaite). Without replicates over images, the interval is over seeds alone, and the
estimate says so.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float
from scipy.special import stdtrit

from latente.results import jackknife


@dataclass(frozen=True)
class Estimate:
    """A number and its interval.

    The interval is infinite for a single seed, for a number without replicates, and for two equal seeds: two equal
    counts, such as units, do not show that a third seed gives the same count.

    Attributes:
        mean: Over seeds.
        low: Lower end of the interval.
        high: Upper end.
        seeds: Number of seeds; 0 if the number depends on the data alone.
        images: Whether the interval includes the variance over images.
        error: Standard error of the mean; infinite without an interval.
        freedom: Degrees of freedom of the error; NaN without an interval and without variance.
    """

    mean: float
    low: float
    high: float
    seeds: int
    images: bool
    error: float = math.inf
    freedom: float = math.nan


@dataclass(frozen=True)
class SeededMetric:
    """The values of one metric of one subject.

    Attributes:
        values: Seed, pair of seeds as `a-b`, two pairs as `a-b-c-d`, or `data` for what has no seed -> value.
        replicates: The same keys -> the value without each group of images; empty if there are none.
    """

    values: Mapping[str, float]
    replicates: Mapping[str, Float[np.ndarray, " groups"]] = field(default_factory=dict)

    def without(self, seed: str | None) -> float:
        """The mean over all values that do not use a seed; NaN if there are none."""
        kept = [value for key, value in self.values.items() if seed not in key.split("-")]
        return float(np.mean(kept)) if kept else math.nan

    def only(self, keys: Collection[str]) -> "SeededMetric":
        """The same metric for these seeds only."""
        kept = {key: value for key, value in self.values.items() if key in keys}
        return SeededMetric(kept, {key: value for key, value in self.replicates.items() if key in keys})

    @property
    def seeds(self) -> set[str]:
        """The seeds of all values."""
        return {seed for key in self.values for seed in key.split("-")} - {"data"}


ONE = SeededMetric({"data": 1.0}, {"data": np.ones(jackknife.GROUPS)})
"""The metric of a constant: 1 for all seeds and images."""

Combination = Sequence[tuple[float, SeededMetric]]
"""A linear combination: weight and metric; a constant is a metric of the data."""


def estimate(terms: Combination, confidence: float) -> Estimate:
    """The value of a combination of metrics, and its interval.

    Args:
        terms: Metrics of single seeds are paired: a seed counts only if all of them have it.
        confidence: Of the interval, for instance 0.95.
    """
    terms = _paired(terms)
    seeds = sorted({seed for _, metric in terms for seed in metric.seeds})
    mean = _combined(terms, None)
    over_seeds = jackknife.variance(np.array([_combined(terms, seed) for seed in seeds])) if seeds else 0.0
    parts = [weight * np.mean(list(m.replicates.values()), axis=0) for weight, m in terms if m.replicates]
    over_images = jackknife.variance(np.sum(parts, axis=0)) if parts else 0.0
    images = all(metric.replicates for _, metric in terms)
    unknown = len(seeds) == 1 or (len(seeds) == 2 and not over_seeds)
    if unknown or math.isnan(over_seeds) or not (seeds or images):
        return Estimate(mean, -math.inf, math.inf, len(seeds), images)
    variance = over_seeds + over_images
    if not variance:
        return Estimate(mean, mean, mean, len(seeds), images, error=0.0)
    freedom = variance**2 / sum(
        part**2 / (count - 1)
        for part, count in ((over_seeds, len(seeds)), (over_images, len(parts[0]) if parts else 0))
        if part
    )
    error = math.sqrt(variance)
    half = float(stdtrit(freedom, (1 + confidence) / 2)) * error
    return Estimate(mean, mean - half, mean + half, len(seeds), images, error, freedom)


def _paired(terms: Combination) -> Combination:
    """Keep the seeds that all metrics have. Metrics of pairs of seeds, or without seeds, do not change."""
    single = [set(metric.values) for _, metric in terms if all(key.isdigit() for key in metric.values)]
    if not single:
        return terms
    common = set.intersection(*single)
    return [(weight, metric.only(common) if set(metric.values) in single else metric) for weight, metric in terms]


def _combined(terms: Combination, without: str | None) -> float:
    return sum(weight * metric.without(without) for weight, metric in terms)
