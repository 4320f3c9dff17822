"""The report: one self-contained page from the metrics and figures; no request leaves it."""

import base64
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import latex2mathml.converter
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from latente.dotted import at
from latente.evidence import intervals
from latente.evidence.intervals import Difference
from latente.results import pairs
from latente.results.jackknife import GROUPS
from latente.results.labels import label

Node = Mapping[str, Any]

_STANDING = {"supported": "agrees with the thesis", "refuted": "contradicts the thesis", "undecided": "left open"}
"""Verdict -> what it means of a claim of the thesis."""

SECTIONS = frozenset(
    {
        *("convergence", "reconstruction", "centroids", "prior", "gap", "projection", "separation", "geometry"),
        *("stitching", "manifold", "survey", "judge"),
    }
)
"""Analyses with a section of their own; all others share one section."""

_SIGNS = {"at_least": "≥", "at_most": "≤", "above": ">", "below": "<", "within": "|·| ≤"}


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
        metrics: Analysis -> subject -> metrics, as in the metrics files; `claims` as `verdicts.decide` returns them.
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
        self._metrics = {name: node for name, node in metrics.items() if name != "claims"}
        self._figures, self._claims = figures, metrics["claims"]
        self.models, self.study = models, study

    def render(self) -> bytes:
        """The page as UTF-8."""
        environment = Environment(
            loader=PackageLoader("latente.report"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        helpers: dict[str, Callable[..., Any]] = {
            name: getattr(self, name) for name in ("table", "compare", "figure", "number", "pairs", "settings")
        }
        extra = sorted(set(self._metrics) - SECTIONS)
        page = environment.get_template("report.html.j2").render(
            **helpers,
            **self.study,
            models=self.models,
            label=label,
            column=Column,
            cards=self.cards(),
            comparisons=self._claims["comparisons"],
            groups=GROUPS,
            formula=formula,
            extra={name: sorted(self._figures.get(name, {})) for name in extra},
        )
        return page.encode()

    def settings(self) -> dict[str, str]:
        """The settings of the survey, with their labels."""
        return {
            name: ", ".join([label(setting["model"]), *(change.replace("=", " = ") for change in setting["set"])])
            for name, setting in self.study["survey"]["settings"].items()
        }

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
        measured = {name: node for path, name in rows.items() if (node := at(self._metrics[analysis], path))}
        return [
            (name, [_cell(at(node, column.path), column.digits, spread=column.spread) for column in columns])
            for name, node in measured.items()
        ]

    def compare(self, analysis: str, column: Column) -> Iterator[str]:
        """One sentence for every model compared with the first: what differs, by how much, or that it is undecided."""
        first, confidence = self.models[0], self.study["claims"].confidence
        for other in self.models[1:]:
            a, b = (self._seeds(f"{analysis}.{model}.{column.path}") for model in (first, other))
            if a and b:
                yield _sentence(column, label(first), label(other), intervals.paired(a, b, confidence=confidence))

    def number(self, path: str, digits: int = 3) -> str:
        """A bare number of a metrics file."""
        return _number(float(at(self._metrics, path)), digits)

    def cards(self) -> list[dict[str, Any]]:
        """The claims in the order of params.yaml: sentence, verdict, what it says of the thesis, tables of numbers."""
        claims = self._claims["claims"]
        return [_card(name, claims[name]) for name in self.study["claims"].tested if name in claims]

    def pairs(self) -> dict[str, str]:
        """Subjects of comparisons between two trainings, with their labels."""
        between = pairs.of_models(self.models)
        same_seed = {pairs.pair(a, b): f"{label(a)} and {label(b)}, same seed" for a, b in between}
        return same_seed | {pairs.pair(model, model): f"{label(model)}, two seeds" for model in self.models}

    def _seeds(self, path: str) -> dict[str, float]:
        node = at(self._metrics, path)
        return dict(node["seeds"]) if node else {}


def _card(name: str, claim: Node) -> dict[str, Any]:
    survey = claim["survey"]
    counts = {word: [row["name"] for row in survey if row["verdict"] == word] for word in _STANDING}
    return {
        "name": name,
        "sentence": claim["sentence"],
        "verdict": claim["verdict"],
        "standing": _STANDING[claim["verdict"]] if claim["thesis"] else "",
        "tests": [_row(test) | {"rule": _rule(test["rule"])} for test in claim["tests"]],
        "beside": [_row(number) for number in claim["beside"]],
        "survey": [_row(number) for number in survey],
        "kept": counts[claim["verdict"]],
        "changed": {word: names for word, names in counts.items() if word != claim["verdict"] and names},
    }


def _row(number: Node) -> dict[str, str]:
    return {"name": number["name"], "value": _interval(number), "verdict": number.get("verdict", "")}


def _interval(number: Node) -> str:
    """Mean and interval with two significant digits of its half-width; what was not measured says so."""
    if "missing" in number:
        return f"not measured in this study ({number['missing']})"
    mean, low, high = number["mean"], number["low"], number["high"]
    if low is None or high is None:
        return f"{mean:.4g}, too few seeds for an interval".replace("-", "−")
    digits = _digits((high - low) / 2 or abs(mean) / 100)
    over = "seeds and images" if number["images"] and number["seeds"] else "images" if number["images"] else "seeds"
    return f"{_number(mean, digits)} [{_number(low, digits)}, {_number(high, digits)}] over {over}"


def _digits(size: float) -> int:
    """Digits after the point that show two significant ones of a size; from 0 to 6."""
    return min(max(1 - math.floor(math.log10(size)), 0), 6) if size else 0


def _rule(rule: Mapping[str, float]) -> str:
    ((kind, bound),) = rule.items()
    return f"{_SIGNS[kind]} {bound:g}".replace("-", "−")


def formula(latex: str) -> Markup:
    """A formula as MathML, which needs neither script nor font."""
    return Markup(latex2mathml.converter.convert(latex))  # noqa: S704 (of the template's own formulas alone)


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
