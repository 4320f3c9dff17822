"""Estimates with an interval over seeds and over images, from metrics and what they are without some images.

A number has two sources of chance: which seed a model was trained from, and which images it was measured on. All seeds
are measured on the same images, so the two are crossed, not nested. Each gets its own jackknife (a seed left out; a
group of images left out), the variances are added, and Student's distribution takes the degrees of freedom of the sum
(Welch-Satterthwaite). Without replicates over images the interval is over seeds alone, and says so.
"""

import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Float
from scipy.stats import t

from latente.errors import LatenteError
from latente.groups import GROUPS

_TERM = re.compile(r"([+-]?)\s*(?:(\d+(?:\.\d+)?)(?![\w.])\s*\*?\s*)?([a-z]\w*(?:\.[\w~]+)+)?\s*")


class MissingError(LatenteError):
    """The study did not measure what an expression names."""


@dataclass(frozen=True)
class Estimate:
    """A number and its interval, which is infinite for a single seed, and for a number without replicates.

    Attributes:
        mean: Over seeds.
        low: Lower end of the interval.
        high: Upper end.
        seeds: How many there were; 0 if the number belongs to the data alone.
        images: Whether the interval counts the choice of images.
    """

    mean: float
    low: float
    high: float
    seeds: int
    images: bool


@dataclass(frozen=True)
class Measured:
    """A metric of one subject.

    Attributes:
        values: Seed, pair of seeds as `a~b`, or `data` for what has no seed -> value.
        replicates: The same keys -> the value with each group of images left out; empty if there are none.
    """

    values: Mapping[str, float]
    replicates: Mapping[str, Float[np.ndarray, " groups"]] = field(default_factory=dict)

    def without(self, seed: str | None) -> float:
        """The mean over what no left-out seed took part in; not a number if nothing remains."""
        kept = [value for key, value in self.values.items() if seed not in key.split("~")]
        return float(np.mean(kept)) if kept else math.nan

    def only(self, keys: Collection[str]) -> "Measured":
        """Of these seeds alone."""
        kept = {key: value for key, value in self.values.items() if key in keys}
        return Measured(kept, {key: value for key, value in self.replicates.items() if key in keys})

    @property
    def seeds(self) -> set[str]:
        """The seeds that took part."""
        return {seed for key in self.values for seed in key.split("~")} - {"data"}


ONE = Measured({"data": 1.0}, {"data": np.ones(GROUPS)})
"""The metric behind a number: the same for all seeds and images."""

Terms = Sequence[tuple[float, Measured]]
"""A linear combination: weight and metric; a constant is a metric of the data."""


def estimate(terms: Terms, confidence: float) -> Estimate:
    """The value of a combination of metrics, and its interval.

    Args:
        terms: Metrics of single seeds are paired: a seed that one of them lacks does not count.
        confidence: Of the interval, for instance 0.95.
    """
    terms = _paired(terms)
    seeds = sorted({seed for _, metric in terms for seed in metric.seeds})
    mean = _combined(terms, None)
    over_seeds = _variance(np.array([_combined(terms, seed) for seed in seeds])) if seeds else 0.0
    parts = [weight * np.mean(list(m.replicates.values()), axis=0) for weight, m in terms if m.replicates]
    over_images = _variance(np.sum(parts, axis=0)) if parts else 0.0
    images = all(metric.replicates for _, metric in terms)
    if math.isnan(over_seeds) or len(seeds) == 1 or not (seeds or images):
        return Estimate(mean, -math.inf, math.inf, len(seeds), images)
    variance = over_seeds + over_images
    if not variance:
        return Estimate(mean, mean, mean, len(seeds), images)
    freedom = variance**2 / sum(
        part**2 / (count - 1)
        for part, count in ((over_seeds, len(seeds)), (over_images, len(parts[0]) if parts else 0))
        if part
    )
    half = float(t.ppf((1 + confidence) / 2, freedom)) * math.sqrt(variance)
    return Estimate(mean, mean - half, mean + half, len(seeds), images)


def parse(expression: str) -> list[tuple[float, str | None]]:
    """Read an expression: metrics and numbers, added and subtracted, each with an optional factor.

    Args:
        expression: For instance `separation.vae.silhouette - 0.5 separation.ae.silhouette`; a metric is spelled as
            analysis, subject, and the metric's own levels.

    Returns:
        Weight and metric of every term; no metric for a number.

    Raises:
        LatenteError: It is not such an expression.

    Example:
        >>> parse("prior.vae.standard.accepted - 0.5")
        [(1.0, 'prior.vae.standard.accepted'), (-0.5, None)]
    """
    terms: list[tuple[float, str | None]] = []
    position, text = 0, expression.strip()
    while position < len(text):
        found = _TERM.match(text, position)
        assert found is not None  # every part of the pattern is optional
        sign, factor, path = found.groups()
        if not (factor or path) or bool(terms) != bool(sign):
            raise LatenteError(f"{expression!r}: expected metrics and numbers with + or - between them")
        terms.append(((-1.0 if sign == "-" else 1.0) * float(factor or 1), path))
        position = found.end()
    return terms


def look_up(expression: str, metrics: Mapping[str, Any], replicates: Mapping[str, Any]) -> Terms:
    """The metrics that an expression names.

    Args:
        expression: As `parse` reads it.
        metrics: Analysis -> subject -> metrics, as in the metrics files.
        replicates: Analysis -> subject -> seed -> metric -> the value with each group of images left out.

    Raises:
        MissingError: The study did not measure one of them.
    """
    return [(weight, _measured(path, metrics, replicates) if path else ONE) for weight, path in parse(expression)]


def _measured(path: str, metrics: Mapping[str, Any], replicates: Mapping[str, Any]) -> Measured:
    analysis, subject, *levels = path.split(".")
    node: Any = metrics.get(analysis, {}).get(subject)
    for level in levels:
        node = node.get(level) if isinstance(node, Mapping) else None
    if not isinstance(node, Mapping) or "seeds" not in node:
        raise MissingError(path)
    name = ".".join(levels)
    stored = replicates.get(analysis, {}).get(subject, {})
    found = {seed: np.array(stored[seed][name]) for seed in node["seeds"] if name in stored.get(seed, {})}
    return Measured(node["seeds"], found)


def _paired(terms: Terms) -> Terms:
    """The metrics without the seeds that another lacks; pairs of seeds, and what has no seed, stay as they are."""
    single = [set(metric.values) for _, metric in terms if all(key.isdigit() for key in metric.values)]
    if not single:
        return terms
    common = set.intersection(*single)
    return [(weight, metric.only(common) if set(metric.values) in single else metric) for weight, metric in terms]


def _combined(terms: Terms, without: str | None) -> float:
    return sum(weight * metric.without(without) for weight, metric in terms)


def _variance(left_out: Float[np.ndarray, " replicates"]) -> float:
    """The jackknife's variance of a number, from what it is with each part left out."""
    count = len(left_out)
    return float((count - 1) / count * np.square(left_out - left_out.mean()).sum())
