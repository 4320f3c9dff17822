"""A claim as a card of the page: its sentence, its verdict, what the thesis says, and its numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from latente.report import forest, numbers
from latente.report.forest import Number, Plot

_STANDING = {
    "supported": "This agrees with the thesis.",
    "mixed": "This agrees with one part of what the thesis says, and contradicts another part.",
    "refuted": "This contradicts the thesis.",
    "undecided": "The thesis makes this claim; these numbers leave it open.",
}
"""Verdict -> what it means for a claim of the thesis."""

_OWN = "This claim is not from the thesis."


@dataclass(frozen=True)
class Card:
    """One claim.

    Attributes:
        name: Of the claim in params.yaml.
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
        survey: Heading -> plot of the first number under other settings.
        kept: Settings with the same verdict of the first number.
        changed: Other verdict -> settings that have it.
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
    survey: Mapping[str, Plot]
    kept: Sequence[str]
    changed: Mapping[str, Sequence[str]]


def card(claim: Mapping[str, Any]) -> Card:
    """The card of one claim.

    Args:
        claim: As `verdicts.decide` returns it.
    """
    first, verdict = claim["tests"][0], claim["verdict"]
    survey = [number | {"rule": first["rule"]} for number in claim["survey"]]
    words = {word: [number["name"] for number in survey if number["verdict"] == word] for word in _STANDING}
    tests = forest.plots(claim["tests"])
    reasons = [(numbers.rule(test["rule"]), test["reason"]) for test in claim["tests"] if "reason" in test]
    return Card(
        name=claim["name"],
        sentence=claim["sentence"],
        verdict=verdict,
        p=numbers.p_value(claim["p"]) if "p" in claim else "",
        confirmation=claim.get("confirmation", "not tried"),
        standing=_STANDING[verdict] if claim["thesis"] else _OWN,
        tests=tests,
        reasons=list(dict.fromkeys(reasons)),
        beside=forest.plots(claim["beside"]),
        rule=f"{first['name']}: {tests[0].rows[0].rule}",
        survey={name: forest.together(numbers) for name, numbers in _kinds(survey).items() if numbers},
        first=first["verdict"],
        kept=words.pop(first["verdict"]),
        changed={word: names for word, names in words.items() if names},
    )


def _kinds(survey: Sequence[Number]) -> dict[str, list[Number]]:
    """The settings that only measure the codes of the study in another way, and those that train new models."""
    trained = [number for number in survey if number["estimate"].startswith("survey.")]
    return {
        "The codes of this study, measured in another way": [number for number in survey if number not in trained],
        "The smaller study, with other settings": trained,
    }
