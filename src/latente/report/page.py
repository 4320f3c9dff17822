"""The report: one self-contained page from metrics and figures, in each language. It loads nothing from outside."""

import base64
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import latex2mathml.converter
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from latente.evidence import intervals, studies, verdicts
from latente.evidence.expressions import Metrics
from latente.report import by_class, margins, numbers, standing
from latente.report.cards import Card, card
from latente.report.comparisons import Column, sentence
from latente.report.language import gettext, localised, named, ngettext, noop, said, written_in
from latente.report.margins import Compared
from latente.results import labels, pairs, records
from latente.results.jackknife import GROUPS
from latente.results.labels import label

SECTIONS = {
    "question": noop("The question"),
    "answers": noop("The answers"),
    "models": noop("The models"),
    "reconstruction": noop("Reconstruction"),
    "centroids": noop("Centroids"),
    "judge": noop("The judge"),
    "prior": noop("Generation"),
    "gap": noop("The gap to the prior"),
    "projection": noop("Drawings"),
    "separation": noop("Separation of the classes"),
    "representation": noop("Beyond the classes"),
    "geometry": noop("Geometry"),
    "manifold": noop("Hidden manifold"),
    "stitching": noop("Stitching"),
    "survey": noop("Other settings"),
    "path": noop("From AE to VAE"),
    "league": noop("Variants"),
    "corrections": noop("What we got wrong before"),
    "further": noop("Further analyses"),
    "reproduce": noop("How to reproduce"),
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

    def render(self, language: str = "en") -> bytes:
        """The page as UTF-8.

        Args:
            language: One of `language.LANGUAGES`.
        """
        environment = _environment()
        style = environment.get_template("page.css").render()
        trusted = Markup(style)  # noqa: S704 (the project's own style sheet, without parameters)
        template = environment.get_template("report.html.j2")
        with written_in(language):
            environment.globals |= {**self.study, **self._names(), "language": language}
            return template.render(style=trusted, digest=_digest(style)).encode()

    def further(self) -> dict[str, list[str]]:
        """Analyses without a section of their own -> names of their figures."""
        analyses = {name.partition(".")[0] for name in self._metrics}
        return {name: sorted(self._figures.get(name, {})) for name in sorted(analyses - set(SECTIONS) - _WITHIN)}

    def settings(self) -> dict[str, str]:
        """The settings of the survey, with their labels, in the order of models, parameters and their values."""
        return _ordered(_parts(self.study["survey"]["settings"]))

    def variants(self) -> dict[str, str]:
        """The variants of the league, with their labels, in the order of the league."""
        return _labels(_parts(self.study["survey"]["league"]["settings"]))

    def studies(self) -> dict[str, str]:
        """The whole studies of the survey, with their labels, in the order of parameters and their values."""
        whole: Mapping[str, Sequence[str]] = self.study["survey"]["studies"]
        return _ordered({name: [_change(item) for item in studies.shown(items)] for name, items in whole.items()})

    def figure(self, analysis: str, name: str) -> Markup:
        """A figure as the value of an `src`."""
        return Markup("data:image/png;base64,") + base64.b64encode(self._figures[analysis][name]).decode()

    def filled(self, analysis: str, columns: Sequence[Column], rows: Mapping[str, str]) -> list[Column]:
        """The columns of a table with a number in some row; a study may lack others, such as those about classes."""
        return [c for c in columns if any(f"{analysis}.{path}.{c.path}" in self._metrics for path in rows)]

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

    def percentage(self, name: str, digits: int) -> str:
        """The mean over seeds of a share, in percent."""
        return numbers.number(100 * records.mean(self._metrics[name]), digits)

    def measured(self, *names: str) -> bool:
        """Whether the study measured all of these metrics."""
        return all(name in self._metrics for name in names)

    def cards(self) -> list[Card]:
        """The claims in the order of claims.yaml."""
        claims, settings = self.study["claims"].tested, self.studies()
        return [card(self._claims[name], settings) for name in claims if name in self._claims]

    def pairs(self) -> dict[str, str]:
        """Subjects of comparisons between two trainings, with their labels."""
        between = pairs.of_models(self.models)
        found: dict[str, str] = {}
        for a, b in between:
            both = f"{label(a)} {gettext('and')} {label(b)}"
            found |= {pairs.pair(a, b): gettext("%s, same seed") % both}
            found |= {f"{pairs.pair(a, b)}.two_seeds": gettext("%s, two seeds") % both}
        return found | {pairs.pair(model, model): gettext("%s, two seeds") % label(model) for model in self.models}

    def _left_out(self) -> set[str]:
        """The sections without content."""
        of = {"centroids": "centroids", "separation": "separation", "path": "survey", "league": "league"}
        return (set() if self.further() else {"further"}) | {
            section
            for section, analysis in of.items()
            if not any(name.startswith(f"{analysis}.") for name in self._metrics)
        }

    def _names(self) -> dict[str, Any]:
        """The names that the templates know."""
        further = self.further()
        names = (
            "filled",
            "table",
            "compare",
            "classes",
            "figure",
            "number",
            "percentage",
            "measured",
            "pairs",
            "margins",
        )
        return {name: getattr(self, name) for name in (*names, "settings", "variants")} | {
            "between": pairs.of_models(self.models),
            "compared": Compared,
            "sections": {name: gettext(title) for name, title in SECTIONS.items() if name not in self._left_out()},
            "further": further,
            "models": {model: label(model) for model in self.models},
            "label": label,
            "labelled": len(self.study["data"].classes) > 1,
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


def _parts(settings: Mapping[str, Mapping[str, Any]]) -> dict[str, list[str]]:
    """Setting -> its model, and each parameter that it changes."""
    return {name: [label(one["model"]), *map(_change, one["set"])] for name, one in settings.items()}


def _ordered(settings: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Setting -> its label, in the order of the English parts and of the values in them."""
    return _labels(dict(sorted(settings.items(), key=lambda item: _natural(", ".join(item[1])))))


def _labels(settings: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Setting -> its label in the language of the page.

    Example:
        >>> with written_in("es"):
        ...     _labels({"dim_8": ["VAE", "latent dim 8"], "beta_03": ["VAE", "beta 0.3"]})
        {'dim_8': 'VAE, dim. latente 8', 'beta_03': 'VAE, beta 0,3'}
    """
    return {name: ", ".join(map(_translated, parts)) for name, parts in settings.items()}


def _translated(part: str) -> str:
    parameter, space, value = part.rpartition(" ")
    return named(parameter) + space + localised(value)


def _natural(text: str) -> list[tuple[str, float]]:
    """A key that sorts the numbers in a text by their value."""
    return [(part, float(number or 0)) for part, number in re.findall(r"([^\d]*)(\d+(?:\.\d+)?)?", text)]


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("latente.report"),
        extensions=["jinja2.ext.do", "jinja2.ext.i18n"],
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    # The extension i18n adds this method, so its type is unknown.
    environment.install_gettext_callables(gettext, ngettext)  # type: ignore[attr-defined]
    environment.filters |= {"localised": localised, "named": named, "said": said}
    return environment


def _digest(style: str) -> str:
    """The SHA-256 by which the page's security policy allows its style sheet."""
    return base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
