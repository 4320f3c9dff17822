"""The differences between two rows or two studies, each compared with the spread over seeds."""

import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from latente.errors import LatenteError
from latente.evidence import intervals
from latente.evidence.intervals import Difference
from latente.results.student import half_width
from latente.study import tables
from latente.study.rows import HEADLINES, Row

Samples = Mapping[str, float]
"""Seed -> value."""


@dataclass(frozen=True)
class Side:
    """One of the two sides of a comparison.

    Attributes:
        name: Shown to the reader.
        rows: All rows of a study.
        row: The row to compare; None to compare the whole study.
    """

    name: str
    rows: Sequence[Row]
    row: Row | None = None


@dataclass(frozen=True)
class Line:
    """One metric on both sides.

    Attributes:
        metric: Its name in a row.
        model: The model that has the metric; `A → B` if two rows are compared.
        a: Values of the first side.
        b: Values of the second side.
        spread: Sample standard deviation over seeds on either side; None for a single seed.
        difference: B minus A, with its interval.
    """

    metric: str
    model: str
    a: Samples
    b: Samples
    spread: tuple[float | None, float | None]
    difference: Difference

    @property
    def changed(self) -> bool:
        """Whether the two sides have different values."""
        return list(self.a.values()) != list(self.b.values())

    @property
    def exceeds(self) -> bool:
        """Whether the interval of the difference excludes zero."""
        return self.difference.verdict != "undecided"

    @property
    def verdict(self) -> str:
        """`higher`, `lower`, `within the spread`, or `one seed: no verdict`."""
        if math.isinf(self.difference.low):
            return "one seed: no verdict"
        return self.difference.verdict if self.exceeds else "within the spread"


@dataclass(frozen=True)
class Comparison:
    """Parameters that differ, and every metric that both sides have.

    Attributes:
        a: Name of the first side.
        b: Name of the second side.
        params: Dotted name -> value on either side; None where a side has no such parameter.
        lines: Headline metrics first, then those whose difference exceeds the spread.
        alone: Metrics and models that only one side has.
        confidence: Of the intervals, for instance 0.95.
    """

    a: str
    b: str
    params: Mapping[str, tuple[str | None, str | None]]
    lines: Sequence[Line]
    alone: tuple[Sequence[str], Sequence[str]]
    confidence: float

    def to_text(self) -> str:
        """Tables for a terminal."""
        return self._render("text")

    def to_markdown(self) -> str:
        """The same tables as Markdown."""
        return self._render("markdown")

    def count(self) -> str:
        """A sentence that counts the changed metrics, those beyond the spread, and those expected by chance."""
        changed, exceeding = sum(line.changed for line in self.lines), sum(line.exceeds for line in self.lines)
        by_chance = math.ceil(round((1 - self.confidence) * changed, 9))  # 1 - 0.95 is a little more than 0.05
        return (
            f"{changed} of {len(self.lines)} metrics changed, {exceeding} of them by more than the spread over seeds. "
            f"By chance alone about {by_chance} would, at {self._percent}."
        )

    @property
    def _percent(self) -> str:
        return f"{100 * self.confidence:g} %"

    def _render(self, form: tables.Form) -> str:
        differing = [(name, *(value or "–" for value in pair)) for name, pair in self.params.items()]
        changed = [cells(line) for line in self.lines if line.changed]
        alone = [f"Only {side} has {', '.join(names)}." for side, names in zip("AB", self.alone, strict=True) if names]
        parts = [
            f"A is {self.a}, B is {self.b}.",
            tables.render(form, ["parameter", "A", "B"], differing) if differing else "No parameter differs.",
            tables.render(form, ["metric", "model", "A", "B", "B − A", "over seeds"], changed),
            self.count(),
            *alone,
            (_RULE_OF_ROWS if any("→" in line.model for line in self.lines) else _RULE_OF_STUDIES).format(
                self._percent
            ),
        ]
        return "\n\n".join(parts) + "\n"


_RULE_OF_STUDIES = (
    "± is the standard deviation over seeds. In brackets the {} interval of the mean difference, paired by seed if "
    "both sides have the same seeds; if it contains zero, the difference is within the spread."
)
_RULE_OF_ROWS = (
    "± is the standard deviation over the seeds of the row's model in its study. In brackets the {} interval of the "
    "difference of two single seeds of such spread; if it contains zero, the difference is within the spread."
)


def compare(a: Side, b: Side, confidence: float) -> Comparison:
    """Compare two rows, whatever their models, or two studies, model by model.

    Args:
        a: The first side.
        b: The second side.
        confidence: Of the intervals, for instance 0.95.

    Raises:
        LatenteError: One is a row and the other a study, or no model is in both studies.
    """
    if (a.row is None) != (b.row is None):
        raise LatenteError(f"{a.name} and {b.name}: one is a row, the other a study; compare two rows or two studies")
    lines = list((_row_lines if a.row and b.row else _study_lines)(a, b, confidence))
    if not lines:
        raise LatenteError(f"{a.name} and {b.name} have no model in common")
    ours, theirs = _params(a), _params(b)
    names = [name for name in {**ours, **theirs} if ours.get(name) != theirs.get(name)]
    params = {name: (ours.get(name), theirs.get(name)) for name in names}
    return Comparison(a.name, b.name, params, sorted(lines, key=_rank), (_alone(a, b), _alone(b, a)), confidence)


def _alone(side: Side, other: Side) -> list[str]:
    """Models that only this side has, and metrics that only this side has. For two rows, only metrics."""
    if side.row and other.row:
        return sorted(side.row.metrics.keys() - other.row.metrics.keys())
    models = {row.model for row in other.rows}
    missing = sorted({row.model for row in side.rows} - models)
    return missing + [
        f"{metric} of {model}"
        for model in sorted(models - set(missing))
        for metric in sorted(_samples(side, model).keys() - _samples(other, model).keys())
    ]


def _study_lines(a: Side, b: Side, confidence: float) -> Iterator[Line]:
    for model in dict.fromkeys(row.model for row in a.rows):
        ours, theirs = _samples(a, model), _samples(b, model)
        for metric in ours.keys() & theirs.keys():
            x, y = ours[metric], theirs[metric]
            interval = intervals.paired if x.keys() == y.keys() else intervals.unpaired
            difference = interval(x, y, confidence=confidence)
            yield Line(metric, model, x, y, (_sd(x), _sd(y)), difference)


def _row_lines(a: Side, b: Side, confidence: float) -> Iterator[Line]:
    assert a.row is not None
    assert b.row is not None
    ours, theirs = _samples(a, a.row.model), _samples(b, b.row.model)
    model = f"{a.row.name} → {b.row.name}"
    for metric in a.row.metrics.keys() & b.row.metrics.keys():
        x, y = a.row.metrics[metric], b.row.metrics[metric]
        spread = (_sd(ours[metric]), _sd(theirs[metric]))
        seeds = min(len(ours[metric]), len(theirs[metric]))
        singles = {str(a.row.seed): x}, {str(b.row.seed): y}
        yield Line(metric, model, *singles, spread, _of_singles(y - x, spread, seeds, confidence))


def _of_singles(
    difference: float, spread: tuple[float | None, float | None], seeds: int, confidence: float
) -> Difference:
    """The interval of a difference between two single seeds, from the spread over the seeds of their models."""
    half = math.inf
    if None not in spread:
        half = half_width(math.hypot(*(sd or 0.0 for sd in spread)), seeds, confidence)
    return Difference(difference, difference - half, difference + half, seeds)


def _samples(side: Side, model: str) -> dict[str, dict[str, float]]:
    """Metric -> seed -> value of one model."""
    samples: dict[str, dict[str, float]] = {}
    for row in side.rows:
        if row.model == model:
            for metric, value in row.metrics.items():
                samples.setdefault(metric, {})[str(row.seed)] = value
    return samples


def _params(side: Side) -> dict[str, str]:
    rows = [side.row] if side.row else side.rows
    params = {name: str(value) for row in rows for name, value in row.params.items()} | {"data": rows[0].data}
    if side.row is None:
        params |= {
            name: ", ".join(str(value) for value in dict.fromkeys(row.params[name] for row in rows))
            for name in ("model", "seed")
        }
    return params


def _sd(values: Samples) -> float | None:
    return statistics.stdev(values.values()) if len(values) > 1 else None


def _rank(line: Line) -> tuple[int, bool, str, str]:
    first = HEADLINES.index(line.metric) if line.metric in HEADLINES else len(HEADLINES)
    return first, not line.exceeds, line.metric, line.model


def cells(line: Line) -> list[str]:
    """Metric, model, both sides, the difference with its interval, and the verdict."""
    d = line.difference
    interval = "" if math.isinf(d.low) else f" [{d.low:.4g}, {d.high:.4g}]"
    a, b = (_cell(values, sd) for values, sd in zip((line.a, line.b), line.spread, strict=True))
    return [line.metric, line.model, a, b, f"{d.mean:+.4g}{interval}", line.verdict]


def _cell(values: Samples, sd: float | None) -> str:
    mean = statistics.fmean(values.values())
    return f"{mean:.6g}" if sd is None else f"{mean:.6g} ± {sd:.2g}"
