"""The report: one self-contained page from the metrics and figures; no request leaves it."""

import base64
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import latex2mathml.converter
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from latente import intervals
from latente.figures import label
from latente.intervals import Difference

Node = Mapping[str, Any]


@dataclass(frozen=True)
class Column:
    """A metric in a table or a comparison.

    Attributes:
        path: Dotted path below a subject, as in the metrics files.
        name: What a reader calls it.
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


class Report:
    """What the template may ask for: tables, comparisons, figures, formulas.

    Args:
        metrics: Analysis -> subject -> metrics, as in the metrics files.
        figures: Analysis -> name -> PNG.
        models: Of the study, in its order; the first is the one others are compared with.
        study: Sections of params.yaml that the page shows.
    """

    def __init__(
        self,
        metrics: Mapping[str, Node],
        figures: Mapping[str, Mapping[str, bytes]],
        models: Sequence[str],
        study: Mapping[str, Any],
    ) -> None:
        self._metrics, self._figures, self.models, self.study = metrics, figures, models, study

    def render(self, known: Sequence[str]) -> bytes:
        """The page as UTF-8.

        Args:
            known: Analyses that the page has a section for; all others are shown in a section in common.
        """
        environment = Environment(
            loader=PackageLoader("latente"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        helpers: dict[str, Callable[..., Any]] = {
            name: getattr(self, name)
            for name in ("table", "compare", "figure", "number", "value", "agreement", "pairs")
        }
        extra = sorted(set(self._metrics) - set(known))
        page = environment.get_template("report.html.j2").render(
            **helpers,
            **self.study,
            models=self.models,
            label=label,
            column=Column,
            formula=formula,
            extra={name: sorted(self._figures.get(name, {})) for name in extra},
        )
        return page.encode()

    def figure(self, analysis: str, name: str) -> Markup:
        """A figure as the value of an `src`."""
        return Markup("data:image/png;base64,") + base64.b64encode(self._figures[analysis][name]).decode()

    def table(self, analysis: str, columns: Sequence[Column], rows: Mapping[str, str]) -> list[tuple[str, list[str]]]:
        """Mean and spread over seeds.

        Args:
            analysis: Whose metrics.
            columns: Metrics.
            rows: Dotted path of a subject (and level) -> what a reader calls it; absent subjects are left out.
        """
        found = {name: node for path, name in rows.items() if (node := _at(self._metrics[analysis], path))}
        return [
            (name, [_cell(_at(node, c.path), c.digits, spread=c.spread) for c in columns])
            for name, node in found.items()
        ]

    def compare(self, analysis: str, column: Column) -> Iterator[str]:
        """One sentence for every model compared with the first: what differs, by how much, or that it is undecided."""
        first = self.models[0]
        for other in self.models[1:]:
            a, b = (self._seeds(f"{analysis}.{model}.{column.path}") for model in (first, other))
            if a and b:
                yield _sentence(column, label(first), label(other), intervals.paired(a, b))

    def value(self, path: str, digits: int = 3) -> str:
        """Mean and spread of one metric: `analysis.subject.metric`."""
        return _cell(_at(self._metrics, path), digits)

    def number(self, path: str, digits: int = 3) -> str:
        """A bare number of a metrics file."""
        return _number(float(_at(self._metrics, path)), digits)

    def agreement(self, expected: str, path: str, with_path: str) -> dict[str, str]:
        """Whether a difference agrees with the thesis.

        Args:
            expected: `higher` or `lower`: what the thesis found of the metric at `path`.
            path: `analysis.subject.metric`.
            with_path: What it is compared with, paired by seed; a single value if it has no seeds.

        Returns:
            `word` (agrees, contradicts, undecided) and `evidence`.
        """
        a, b = self._seeds(with_path), self._seeds(path)
        alone = set(a) == {"data"}
        difference = intervals.against(b, next(iter(a.values()))) if alone else intervals.paired(a, b)
        word = {expected: "agrees", "undecided": "undecided"}.get(difference.verdict, "contradicts")
        return {
            "word": word,
            "evidence": f"{'Difference' if alone else 'Paired difference'} {_difference(difference, 3)}",
        }

    def pairs(self) -> dict[str, str]:
        """Subjects of comparisons between two trainings, with their labels."""
        between = {f"{a}~{b}": f"{label(a)} and {label(b)}, same seed" for a, b in combinations(sorted(self.models), 2)}
        return between | {f"{m}~{m}": f"{label(m)}, two seeds" for m in self.models}

    def _seeds(self, path: str) -> dict[str, float]:
        node = _at(self._metrics, path)
        return dict(node["seeds"]) if node else {}


def formula(latex: str) -> Markup:
    """A formula as MathML, which needs neither script nor font."""
    return Markup(latex2mathml.converter.convert(latex))  # noqa: S704 (of the template's own formulas alone)


def _at(node: Any, path: str) -> Any:
    for part in path.split("."):
        node = node.get(part) if isinstance(node, Mapping) else None
    return node


def _cell(summary: Any, digits: int, *, spread: bool = True) -> str:
    if not summary:
        return "–"
    mean, sd = summary["mean"], summary["sd"]
    return _number(mean, digits) if sd is None or not spread else f"{_number(mean, digits)} ± {_number(sd, digits)}"


def _number(value: float, digits: int) -> str:
    text = f"{value:,.{digits}f}".replace("-", "−")
    return text.removeprefix("−") if not float(f"{value:.{digits}f}") else text


def _difference(difference: Difference, digits: int) -> str:
    """The mean and its interval, with as many digits as tell the bound nearer to zero from zero, six at most."""
    single = math.isinf(difference.low)
    smallest = abs(difference.mean) if single else min(abs(difference.low), abs(difference.high))
    while digits < 6 and 0 < smallest < 10**-digits:
        digits += 1
    mean = _number(difference.mean, digits)
    if single:
        return f"{mean} from a single seed, which gives no interval"
    return (
        f"{mean} [{_number(difference.low, digits)}, {_number(difference.high, digits)}] over {difference.seeds} seeds"
    )


def _sentence(column: Column, first: str, other: str, difference: Difference) -> str:
    if difference.low == difference.high == 0:
        return f"{column.name}: the same for {other} and {first} in all {difference.seeds} seeds."
    numbers = f"{other} − {first} = {_difference(difference, column.digits)}"
    if difference.verdict == "undecided":
        return f"{column.name}: undecided between {other} and {first}; {numbers}."
    word = difference.verdict if not column.better else "better" if difference.verdict == column.better else "worse"
    return f"{column.name}: {other} is {word} than {first}; {numbers}."
