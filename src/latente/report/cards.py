"""A claim as a card of the page: its sentence, its verdict, what the thesis says, and its numbers."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from latente.report import forest, numbers
from latente.report.forest import Number, Plot
from latente.report.language import gettext, named, noop

_STANDING = {
    "supported": noop("This agrees with the thesis."),
    "mixed": noop("This agrees with one part of what the thesis says, and contradicts another part."),
    "refuted": noop("This contradicts the thesis."),
    "undecided": noop("The thesis makes this claim; these numbers leave it open."),
}
"""Verdict -> what it means for a claim of the thesis."""

_OWN = noop("This claim is not from the thesis.")


@dataclass(frozen=True)
class Card:
    """One claim.

    Attributes:
        name: Of the claim in claims.yaml.
        sentence: What is claimed.
        verdict: supported, mixed, refuted or undecided.
        p: Its adjusted p-value as text; empty for a claim of an earlier version.
        confirmation: Whether new data confirmed the verdict.
        standing: What the verdict means for the thesis.
        tests: Plots of the numbers that decide.
        reasons: Rule in words, and the reason for its bound.
        beside: Plots of numbers that decide nothing.
        rule: The first number and its rule, in words; the other settings have the same rule.
        first: The verdict of the first number alone, from its interval.
        curve: The first number in this study and under other settings, in ascending order: a specification curve
            (Simonsohn, Simmons & Nelson 2020, https://doi.org/10.1038/s41562-020-0912-z). None if it was not repeated.
        kept: Settings with the same verdict of the first number.
        changed: Other verdict -> settings that have it.
        studies: Setting of a whole study -> the verdict of the claim there, or *stale*, or *not run*.
    """

    name: str
    sentence: str
    verdict: str
    p: str
    confirmation: str
    standing: str
    tests: Sequence[Plot]
    reasons: Sequence[tuple[str, str]]
    beside: Sequence[Plot]
    rule: str
    first: str
    curve: Plot | None
    kept: Sequence[str]
    changed: Mapping[str, Sequence[str]]
    studies: Mapping[str, str]


def card(claim: Mapping[str, Any], settings: Mapping[str, str]) -> Card:
    """The card of one claim.

    Args:
        claim: As `studies.beside` returns it.
        settings: Setting of a whole study -> its label.
    """
    claim = {**claim, **{kind: _named(claim[kind]) for kind in ("tests", "beside", "survey")}}
    first, verdict = claim["tests"][0], claim["verdict"]
    survey = _survey(claim, settings) if claim["survey"] else []
    words = {word: [number["name"] for number in survey if number["verdict"] == word] for word in _STANDING}
    tests = forest.plots(claim["tests"])
    curve = sorted([first | {"name": gettext("this study")}, *survey], key=_mean)
    reasons = [(numbers.rule(test["rule"]), named(test["reason"])) for test in claim["tests"] if "reason" in test]
    return Card(
        name=claim["name"],
        sentence=named(claim["sentence"]),
        verdict=verdict,
        p=numbers.p_value(claim["p"]) if "p" in claim else "",
        confirmation=named(claim.get("confirmation", "not tried")),
        standing=gettext(_STANDING[verdict] if claim["thesis"] else _OWN),
        tests=tests,
        reasons=list(dict.fromkeys(reasons)),
        beside=forest.plots(claim["beside"]),
        rule=f"{first['name']}: {tests[0].rows[0].rule}",
        curve=forest.together(curve) if survey else None,
        first=first["verdict"],
        kept=words.pop(first["verdict"]),
        changed={word: names for word, names in words.items() if names},
        studies={name: one["verdict"] for name, one in claim.get("studies", {}).items()},
    )


def _named(numbers: Sequence[Number]) -> list[Number]:
    """The numbers with their names in the language of the page."""
    return [{**number, "name": named(number["name"])} for number in numbers]


def _survey(claim: Mapping[str, Any], settings: Mapping[str, str]) -> list[Number]:
    """The first number under other settings: of the code, of the small study, and in whole studies."""
    repeated = {name: one["tests"][0] for name, one in claim.get("studies", {}).items() if one["tests"]}
    whole = [number | {"name": gettext("whole study, %s") % settings[name]} for name, number in repeated.items()]
    measured = [number for number in (*claim["survey"], *whole) if "mean" in number]
    return [number | {"rule": claim["tests"][0]["rule"]} for number in measured]


def _mean(number: Number) -> float:
    """The estimate; a number that was not measured comes last."""
    return float(number.get("mean", math.inf))
