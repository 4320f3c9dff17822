"""Tables of text, for a terminal and as Markdown."""

from collections.abc import Iterable, Sequence
from typing import Literal

Form = Literal["text", "markdown"]


def render(form: Form, head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    r"""A table; every column is as wide as its widest cell.

    Example:
        >>> print(render("text", ["stage", "why"], [["fetch", "new"], ["report", "changed"]]))
        stage   why
        ------  -------
        fetch   new
        report  changed
        >>> print(render("markdown", ["stage", "why"], [["fetch", "a | b"]]))
        | stage | why    |
        | ----- | ------ |
        | fetch | a \| b |
    """
    cells = [list(head), *([_cell(form, cell) for cell in row] for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    cells.insert(1, ["-" * width for width in widths])
    lines = [[cell.ljust(width) for cell, width in zip(row, widths, strict=True)] for row in cells]
    if form == "markdown":
        return "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return "\n".join("  ".join(line).rstrip() for line in lines)


def _cell(form: Form, text: str) -> str:
    return text.replace("|", "\\|") if form == "markdown" else text
