"""Estimates, lists, paragraphs and tables as Markdown text."""

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from latente.report.numbers import interval, over


def estimated(estimate: Mapping[str, Any]) -> str:
    """Mean, interval, and what the interval is over; or why there is none.

    Args:
        estimate: A number of a claim, as claims.json stores it.

    Example:
        >>> estimated({"mean": -0.0254, "low": -0.033, "high": -0.0178, "seeds": 5, "images": True})
        '−0.0254 [−0.0330, −0.0178] over seeds and images'
        >>> estimated({"missing": "separation.vae.silhouette"})
        'not measured: the study lacks separation.vae.silhouette'
    """
    has_interval = estimate.get("low") is not None and estimate.get("high") is not None
    return f"{interval(estimate)}{' over ' if has_interval else ': '}{over(estimate)}"


def listed(words: Sequence[str]) -> str:
    """Words as a list in a sentence.

    Example:
        >>> listed(["kNN", "ARI", "NMI"]), listed(["kNN"])
        ('kNN, ARI and NMI', 'kNN')
    """
    return " and ".join([", ".join(words[:-1]), *words[-1:]] if len(words) > 1 else words)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    r"""A Markdown table; a bar inside a cell is escaped.

    Example:
        >>> print(table(["a", "b"], [["1", "|x|"]]))
        | a | b |
        |---|---|
        | 1 | \|x\| |
    """
    cells = [[cell.replace("|", r"\|") for cell in row] for row in rows]
    return "\n".join([_row(head), f"|{'---|' * len(head)}", *(_row(row) for row in cells)])


def paragraph(*sentences: str) -> str:
    """Sentences as one paragraph, in lines of at most 120 characters."""
    return _filled(" ".join(sentences))


def bullets(*items: str) -> str:
    """Items as a list, in lines of at most 120 characters; empty items are left out."""
    return "\n".join(_filled(f"- {item}", indent="  ") for item in items if item)


def _filled(text: str, indent: str = "") -> str:
    return textwrap.fill(text, 120, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
