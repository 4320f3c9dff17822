"""Metrics as columns of a table, and a sentence about the difference between two models."""

from dataclasses import dataclass

from latente.evidence.intervals import Difference
from latente.report import numbers
from latente.report.language import gettext, noop

_SENTENCES = {
    "same": noop("%(name)s: %(other)s and %(first)s have the same value in all %(seeds)d seeds."),
    "undecided": noop("%(name)s: the difference is undecided; %(text)s."),
    "better": noop("%(name)s: %(other)s is better than %(first)s; %(text)s."),
    "worse": noop("%(name)s: %(other)s is worse than %(first)s; %(text)s."),
    "higher": noop("%(name)s: %(other)s is higher than %(first)s; %(text)s."),
    "lower": noop("%(name)s: %(other)s is lower than %(first)s; %(text)s."),
}


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
    text = f"{other} − {first} = {numbers.difference(difference, column.digits)}"
    names = {"name": column.name, "first": first, "other": other}
    return gettext(_SENTENCES[_word(column, difference)]) % {**names, "text": text, "seeds": difference.seeds}


def _word(column: Column, difference: Difference) -> str:
    if difference.low == difference.high == 0:
        return "same"
    if difference.verdict == "undecided" or not column.better:
        return difference.verdict
    return "better" if difference.verdict == column.better else "worse"
