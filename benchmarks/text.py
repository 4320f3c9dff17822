"""Values over seeds as rows of Markdown tables, and other text of the pages."""

import textwrap
from collections.abc import Mapping

import numpy as np

from latente.evidence.intervals import Difference

Seeds = dict[str, float]
"""Seed -> value."""

CONFIDENCE = 0.95
"""The confidence of every interval over seeds."""


def row(name: str, values: Mapping[str, float], digits: int, published: str) -> list[str]:
    """A row: name, value of each seed, mean ± sample standard deviation, and published value."""
    return [name, *(f"{value:.{digits}f}" for value in values.values()), spread(values, digits), published]


def head(name: str, values: Mapping[str, float]) -> list[str]:
    """The titles of the columns for `row`."""
    return [name, *(f"seed {seed}" for seed in values), "mean ± sd", "published"]


def spread(values: Mapping[str, float], digits: int) -> str:
    """Mean ± sample standard deviation.

    Example:
        >>> spread({"0": 1.0, "1": 2.0, "2": 3.0}, 1)
        '2.0 ± 1.0'
    """
    found = list(values.values())
    return f"{np.mean(found):.{digits}f} ± {np.std(found, ddof=1):.{digits}f}"


def paragraph(*sentences: str) -> str:
    """Sentences as one paragraph, in lines of at most 120 characters."""
    return textwrap.fill(" ".join(sentences), 120, break_long_words=False, break_on_hyphens=False)


def interval(difference: Difference) -> str:
    """The mean difference of accuracies, its interval, and the verdict."""
    return f"{signed(difference.mean)} [{signed(difference.low)}, {signed(difference.high)}] {difference.verdict}"


def signed(value: float) -> str:
    """A difference of accuracies, always with its sign.

    Example:
        >>> signed(-0.0304)
        '−0.030'
    """
    return f"{value:+.3f}".replace("-", "−")
