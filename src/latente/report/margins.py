"""How much more two models differ than two seeds of one model, beside a margin that is measured, not chosen."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from latente.evidence import verdicts
from latente.evidence.expressions import Metrics
from latente.report import numbers
from latente.report.comparisons import Column


@dataclass(frozen=True)
class Compared:
    """Two models, and the references to compare them with.

    Attributes:
        name: On the page.
        two_seeds: Subject (and level) of the two models from two seeds.
        one_seed: The same from one seed.
        within: Subjects of two seeds of one model; the reference is their mean.
    """

    name: str
    two_seeds: str
    one_seed: str
    within: Sequence[str]


def rows(
    metrics: Metrics, confidence: float, analysis: str, columns: Sequence[Column], compared: Sequence[Compared]
) -> Iterator[tuple[str, list[str]]]:
    """Rows of a table; a number that was not measured has no row.

    Args:
        metrics: Full name -> seed -> value.
        confidence: Of the intervals, which are over seeds.
        analysis: Whose metrics.
        columns: Metrics.
        compared: Pairs of models.

    Returns:
        Name of metric and models -> the two models from two seeds minus the reference; the margin: how much the
        references of two pairs of seeds differ; the two models from two seeds minus one seed.
    """
    for one in compared:
        for column in columns:
            two, same = (f"{analysis}.{path}.{column.path}" for path in (one.two_seeds, one.one_seed))
            reference = [f"{1 / len(one.within):g} {analysis}.{path}.{column.path}" for path in one.within]
            margin = [f"{1 / len(one.within):g} {analysis}.{path}.spread.{column.path}" for path in one.within]
            expressions = (" - ".join([two, *reference]), " + ".join(margin), f"{two} - {same}")
            found = [verdicts.number(expression, confidence, metrics, {}) for expression in expressions]
            if "missing" not in found[0]:
                spread = numbers.significant(found[1]["mean"], 2) if "mean" in found[1] else "–"
                yield f"{column.name}, {one.name}", [numbers.interval(found[0]), spread, numbers.interval(found[2])]
