"""Metrics as columns of a table, and a sentence about the difference between two models."""

from dataclasses import dataclass

from latente.evidence.intervals import Difference
from latente.report import numbers


@dataclass(frozen=True)
class Column:
    """A metric in a table or a comparison.

    Attributes:
        path: The metric, and the level of the subject above it if there is one.
        name: Its name on the page.
        better: `higher`, `lower`, or empty where neither is.
        digits: After the point.
        spread: Whether a table shows the standard deviation over seeds.
    """

    path: str
    name: str
    better: str = ""
    digits: int = 3
    spread: bool = True

    @property
    def arrow(self) -> str:
        """The direction as a sign."""
        return {"higher": "↑", "lower": "↓"}.get(self.better, "")


def sentence(column: Column, first: str, other: str, difference: Difference) -> str:
    """Which of two models is better, or that the difference is undecided.

    Args:
        column: The metric.
        first: Label of the first model.
        other: Label of the model compared with it.
        difference: Other minus first.

    Example:
        >>> sentence(Column("mse", "error", "lower", 2), "AE", "VAE", Difference(0.5, 0.4, 0.6, seeds=3))
        'error: VAE is worse than AE; VAE − AE = 0.50 [0.40, 0.60] over 3 seeds.'
    """
    if difference.low == difference.high == 0:
        return f"{column.name}: {other} and {first} have the same value in all {difference.seeds} seeds."
    text = f"{other} − {first} = {numbers.difference(difference, column.digits)}"
    if difference.verdict == "undecided":
        return f"{column.name}: the difference is undecided; {text}."
    word = difference.verdict if not column.better else "better" if difference.verdict == column.better else "worse"
    return f"{column.name}: {other} is {word} than {first}; {text}."
