"""The report: one self-contained page from metrics and figures. It loads nothing from outside."""

import base64
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import latex2mathml.converter
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from latente.evidence import intervals, verdicts
from latente.evidence.expressions import Metrics
from latente.report import by_class, margins, numbers, standing
from latente.report.cards import Card, card
from latente.report.comparisons import Column, sentence
from latente.report.margins import Compared
from latente.results import labels, pairs, records
from latente.results.jackknife import GROUPS
from latente.results.labels import label

SECTIONS = {
    "question": "The question",
    "answers": "The answers",
    "models": "The models",
    "reconstruction": "Reconstruction",
    "centroids": "Centroids",
    "judge": "The judge",
    "prior": "Generation",
    "gap": "The gap to the prior",
    "projection": "Drawings",
    "separation": "Separation of the classes",
    "representation": "Beyond the classes",
    "geometry": "Geometry",
    "manifold": "Hidden manifold",
    "stitching": "Stitching",
    "survey": "Other settings",
    "path": "From AE to VAE",
    "league": "Variants",
    "corrections": "What we got wrong before",
    "further": "Further analyses",
    "reproduce": "How to reproduce",
}
"""Name of a template in templates/sections -> heading, in the order of the page.

An analysis without a template of its name appears under "Further analyses".
"""

_WITHIN = frozenset({"convergence", "generalisation"})
"""Analyses whose numbers are in the section of another name."""


class Report:
    """What the templates use: tables, comparisons, figures, numbers.

    Args:
        metrics: Full name -> seed -> value of every number that the study measured.
        decided: The claims, as `verdicts.decide` returns them.
        figures: Analysis -> name -> PNG.
        models: Of the study, in its order. The page compares the others with the first.
        study: Sections of params.yaml that the page shows.
    """

    def __init__(
        self,
        metrics: Metrics,
        decided: Sequence[Mapping[str, Any]],
        figures: Mapping[str, Mapping[str, bytes]],
        models: Sequence[str],
        study: Mapping[str, Any],
    ) -> None:
        self._metrics, self._figures = metrics, figures
        self._claims = {str(claim["name"]): claim for claim in decided}
        self.models, self.study = models, study

    def render(self) -> bytes:
        """The page as UTF-8."""
        environment = _environment()
        style = environment.get_template("page.css").render()
        environment.globals |= {**self.study, **self._names()}
        trusted = Markup(style)  # noqa: S704 (the project's own style sheet, without parameters)
        return environment.get_template("report.html.j2").render(style=trusted, digest=_digest(style)).encode()

    def further(self) -> dict[str, list[str]]:
        """Analyses without a section of their own -> names of their figures."""
        analyses = {name.partition(".")[0] for name in self._metrics}
        return {name: sorted(self._figures.get(name, {})) for name in sorted(analyses - set(SECTIONS) - _WITHIN)}

    def settings(self) -> dict[str, str]:
        """The settings of the survey, with their labels, in the order of models, parameters and their values."""
        named = _labels(self.study["survey"]["settings"])
        return dict(sorted(named.items(), key=lambda item: _natural(item[1])))

    def variants(self) -> dict[str, str]:
        """The variants of the league, with their labels, in the order of the league."""
        return _labels(self.study["survey"]["league"]["settings"])

    def studies(self) -> dict[str, str]:
        """The whole studies of the survey, with their labels, in the order of parameters and their values."""
        studies: Mapping[str, Sequence[str]] = self.study["survey"]["studies"]
        named = {name: ", ".join(map(_change, items)) for name, items in studies.items()}
        return dict(sorted(named.items(), key=lambda item: _natural(item[1])))

    def figure(self, analysis: str, name: str) -> Markup:
        """A figure as the value of an `src`."""
        return Markup("data:image/png;base64,") + base64.b64encode(self._figures[analysis][name]).decode()

    def table(self, analysis: str, columns: Sequence[Column], rows: Mapping[str, str]) -> list[tuple[str, list[str]]]:
        """Mean and spread over seeds.

        Args:
            analysis: Whose metrics.
            columns: Metrics.
            rows: A subject (and level) -> its label; a subject that was not measured is left out.
        """
        prefixes = {name: f"{analysis}.{path}." for path, name in rows.items()}
        return [
            (name, [numbers.cell(self._metrics.get(prefix + c.path), c.digits, spread=c.spread) for c in columns])
            for name, prefix in prefixes.items()
            if any(metric.startswith(prefix) for metric in self._metrics)
        ]

    def compare(self, analysis: str, column: Column) -> Iterator[str]:
        """A sentence for every model that is compared with the first: which is better, or that it is undecided."""
        first, confidence = self.models[0], self.study["claims"].confidence
        for other in self.models[1:]:
            a, b = (self._metrics.get(f"{analysis}.{model}.{column.path}") for model in (first, other))
            if a and b:
                yield sentence(column, label(first), label(other), intervals.paired(a, b, confidence=confidence))

    def margins(
        self, analysis: str, columns: Sequence[Column], compared: Sequence[Compared]
    ) -> list[tuple[str, list[str]]]:
        """How much more two models differ than two seeds of one model; see `margins.rows`."""
        return list(margins.rows(self._metrics, self.study["claims"].confidence, analysis, columns, compared))

    def classes(self, analysis: str) -> Iterator[str]:
        """A sentence for every model that is compared with the first: which classes make most of the difference."""
        first, confidence, classes = self.models[0], self.study["claims"].confidence, self.study["data"].classes
        for other in self.models[1:]:
            names = {first: label(first), other: label(other)}
            if found := by_class.sentence(self._metrics, analysis, names, classes, confidence=confidence):
                yield found

    def number(self, name: str, digits: int = 3) -> str:
        """The mean over seeds of a metric, by its full name."""
        return numbers.number(records.mean(self._metrics[name]), digits)

    def measured(self, *names: str) -> bool:
        """Whether the study measured all of these metrics."""
        return all(name in self._metrics for name in names)

    def cards(self) -> list[Card]:
        """The claims in the order of params.yaml."""
        claims, settings = self.study["claims"].tested, self.studies()
        return [card(self._claims[name], settings) for name in claims if name in self._claims]

    def pairs(self) -> dict[str, str]:
        """Subjects of comparisons between two trainings, with their labels."""
        between = pairs.of_models(self.models)
        found: dict[str, str] = {}
        for a, b in between:
            found |= {pairs.pair(a, b): f"{label(a)} and {label(b)}, same seed"}
            found |= {f"{pairs.pair(a, b)}.two_seeds": f"{label(a)} and {label(b)}, two seeds"}
        return found | {pairs.pair(model, model): f"{label(model)}, two seeds" for model in self.models}

    def _left_out(self) -> set[str]:
        """The sections without content."""
        of = {"path": "survey", "league": "league"}
        return (set() if self.further() else {"further"}) | {
            section
            for section, analysis in of.items()
            if not any(name.startswith(f"{analysis}.") for name in self._metrics)
        }

    def _names(self) -> dict[str, Any]:
        """The names that the templates know."""
        further = self.further()
        names = ("table", "compare", "classes", "figure", "number", "measured", "pairs", "margins")
        return {name: getattr(self, name) for name in (*names, "settings", "variants")} | {
            "between": pairs.of_models(self.models),
            "compared": Compared,
            "sections": {name: title for name, title in SECTIONS.items() if name not in self._left_out()},
            "further": further,
            "models": {model: label(model) for model in self.models},
            "label": label,
            "column": Column,
            "cards": self.cards(),
            "studies": self.studies(),
            "changes": standing.CHANGES,
            "counts": standing.counts,
            "comparisons": verdicts.comparisons(list(self._claims.values())),
            "groups": GROUPS,
            "formula": formula,
        }


def formula(latex: str) -> Markup:
    """A formula as MathML, which needs neither script nor font."""
    return Markup(latex2mathml.converter.convert(latex))  # noqa: S704 (of the templates' own formulas alone)


def _change(item: str) -> str:
    """A changed parameter; a changed `name` has the name of its section.

    Example:
        >>> _change("network.name=conv"), _change("train.epochs=60")
        ('network conv', 'epochs 60')
    """
    return labels.change(item.replace(".name=", "=", 1))


def _labels(settings: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Setting -> its model and what it changes."""
    return {name: labels.setting(one["model"], one["set"]) for name, one in settings.items()}


def _natural(text: str) -> list[tuple[str, float]]:
    """A key that sorts the numbers in a text by their value."""
    return [(part, float(number or 0)) for part, number in re.findall(r"([^\d]*)(\d+(?:\.\d+)?)?", text)]


def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("latente.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _digest(style: str) -> str:
    """The SHA-256 by which the page's security policy allows its style sheet."""
    return base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
