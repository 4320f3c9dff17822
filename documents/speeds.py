"""The speeds that README quotes, from the page that `make bench` wrote."""

import re

from documents.markdown import paragraph
from latente.errors import DataError

_MINUTES, _CORES = r"\*\*([\d.]+) minutes\*\*", r"\bon (\d+)\s+cores"
_LOOP, _PYTHAE = "times as fast as DataLoader", "as pythae"


def summary(page: str) -> str:
    """Speeds of a training, of the silhouette and of the study.

    Args:
        page: docs/performance.md.

    Raises:
        DataError: The page lacks one of the numbers.
    """
    plain, rounded = "latente, fp32", "latente, bf16"
    return paragraph(
        f"A training is {_ratio(page, plain, _LOOP)} times as fast as the usual loop over a DataLoader of torchvision's"
        f" data set, and {_ratio(page, plain, _PYTHAE)} times as fast as benchmark_VAE.",
        f"With `train.precision: bf16`, the factors are {_ratio(page, rounded, _LOOP)} and"
        f" {_ratio(page, rounded, _PYTHAE)}, on processors that have bf16.",
        f"The silhouette of 20,000 codes is {_ratio(page, '20,000', 'times as fast')} times as fast as scikit-learn's.",
        f"The whole study takes {_found(page, _MINUTES)} minutes on {_found(page, _CORES)} cores.",
    )


def _ratio(page: str, line: str, column: str) -> str:
    """The median in a cell of a table, without its range.

    Args:
        page: Has the table.
        line: The first cell of the line.
        column: The title of the column.
    """
    titles: list[str] = []
    for text in page.splitlines():
        cells = [cell.strip() for cell in text.strip("|").split("|")]
        if column in cells:
            titles = cells
        elif cells[0] == line and titles:
            return cells[titles.index(column)].partition(" ")[0]
    raise DataError(f"docs/performance.md: no {line!r} under {column!r}; run `make bench`")


def _found(page: str, pattern: str) -> str:
    match = re.search(pattern, page)
    if match is None:
        raise DataError(f"docs/performance.md: nothing matches {pattern!r}; run `make bench`")
    return match[1]
