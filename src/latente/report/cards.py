"""A claim as a card of the page: its sentence, its verdict, what the thesis says, and its numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from latente.report import forest
from latente.report.forest import Number, Plot

_STANDING = {
    "supported": "This agrees with the thesis.",
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
        verdict: supported, refuted or undecided.
        standing: What the verdict means for the thesis.
        tests: Plots of the numbers that decide.
        beside: Plots of numbers that decide nothing.
        rule: The first number and its rule, in words; the other settings have the same rule.
        survey: Heading -> plot of the first number under other settings.
        kept: Settings with the verdict of the claim.
        changed: Other verdict -> settings that have it.
    """

    name: str
    sentence: str
    verdict: str
    standing: str
    tests: Sequence[Plot]
    beside: Sequence[Plot]
    rule: str
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
    return Card(
        name=claim["name"],
        sentence=claim["sentence"],
        verdict=verdict,
        standing=_STANDING[verdict] if claim["thesis"] else _OWN,
        tests=tests,
        beside=forest.plots(claim["beside"]),
        rule=f"{first['name']}: {tests[0].rows[0].rule}",
        survey={name: forest.together(numbers) for name, numbers in _kinds(survey).items() if numbers},
        kept=words.pop(verdict),
        changed={word: names for word, names in words.items() if names},
    )


def _kinds(survey: Sequence[Number]) -> dict[str, list[Number]]:
    """The settings that only measure the codes of the study in another way, and those that train new models."""
    trained = [number for number in survey if number["estimate"].startswith("survey.")]
    return {
        "The codes of this study, measured in another way": [number for number in survey if number not in trained],
        "The smaller study, with other settings": trained,
    }
