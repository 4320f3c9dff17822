"""Numbers over seeds as rows of Markdown tables."""

import textwrap
from collections.abc import Mapping

import numpy as np

from latente.evidence.intervals import Difference

Seeds = dict[str, float]
"""Seed -> value."""

CONFIDENCE = 0.95
"""Of every interval over seeds."""


def row(name: str, values: Mapping[str, float], digits: int, published: str) -> list[str]:
    """A name, the value of every seed, mean ± standard deviation (the sample's), and what was published."""
    return [name, *(f"{value:.{digits}f}" for value in values.values()), spread(values, digits), published]


def head(name: str, values: Mapping[str, float]) -> list[str]:
    """The head of a table of such rows."""
    return [name, *(f"seed {seed}" for seed in values), "mean ± sd", "published"]


def spread(values: Mapping[str, float], digits: int) -> str:
    """Mean ± standard deviation, the sample's.

    Example:
        >>> spread({"0": 1.0, "1": 2.0, "2": 3.0}, 1)
        '2.0 ± 1.0'
    """
    found = list(values.values())
    return f"{np.mean(found):.{digits}f} ± {np.std(found, ddof=1):.{digits}f}"


def paragraph(*sentences: str) -> str:
    """Sentences as one paragraph, in lines as long as those of the other documents."""
    return textwrap.fill(" ".join(sentences), 120, break_long_words=False, break_on_hyphens=False)


def interval(difference: Difference) -> str:
    """A mean difference of accuracies, its interval, and the verdict."""
    return f"{signed(difference.mean)} [{signed(difference.low)}, {signed(difference.high)}] {difference.verdict}"


def signed(value: float) -> str:
    """An accuracy's difference, always with its sign.

    Example:
        >>> signed(-0.0304)
        '−0.030'
    """
    return f"{value:+.3f}".replace("-", "−")
