"""Claims about the study, each with the numbers that decide it and a verdict: supported, refuted or undecided."""

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from latente.evidence import estimates, expressions
from latente.evidence.estimates import Estimate
from latente.evidence.expressions import MissingError
from latente.project.sections import Claim, Claims, Compared, Rule

Verdict = Literal["supported", "refuted", "undecided"]

_OBEYS: dict[str, Callable[[float, float], bool]] = {
    "at_least": operator.ge,
    "at_most": operator.le,
    "above": operator.gt,
    "below": operator.lt,
    "within": lambda value, bound: abs(value) <= bound,
}
"""Kind of bound -> whether a value obeys it."""


def decide(claims: Claims, metrics: Mapping[str, Any], replicates: Mapping[str, Any]) -> dict[str, Any]:
    """Test every claim.

    Args:
        claims: Sentences and rules.
        metrics: Analysis -> subject -> metrics, as in the metrics files.
        replicates: Analysis -> subject -> seed -> metric -> the value with each group of images left out.

    Returns:
        `confidence`; `comparisons`, the number of intervals that have a verdict; and `claims`: name -> `sentence`,
        `thesis`, `verdict`, `tests` (each a number with its interval, rule and verdict), `beside` (numbers without a
        rule) and `survey` (the rule of the first test, applied to the study under other settings).
    """
    tested = {name: _claim(claim, claims.confidence, metrics, replicates) for name, claim in claims.tested.items()}
    numbers = [number for claim in tested.values() for number in (*claim["tests"], *claim["survey"])]
    count = sum(number.get("low") is not None for number in numbers)
    return {"confidence": claims.confidence, "comparisons": count, "claims": tested}


def first_estimates(result: Mapping[str, Any]) -> dict[str, float]:
    """The estimate of the first test of every claim, if the study measured it.

    Args:
        result: As `decide` returns it.

    Returns:
        Claim -> mean over seeds.
    """
    first = {name: claim["tests"][0] for name, claim in result["claims"].items()}
    return {name: test["mean"] for name, test in first.items() if "mean" in test}


def verdict(estimate: Estimate, rule: Rule) -> Verdict:
    """Whether the whole interval obeys the rule (supported), no part of it (refuted), or only a part (undecided).

    Example:
        >>> verdict(Estimate(-2.0, -3.0, -1.0, seeds=5, images=True), Rule(name="x", estimate="x", at_most=0))
        'supported'
    """
    ((kind, bound),) = rule.bound.items()
    ends = [_OBEYS[kind](end, bound) for end in (estimate.low, estimate.high)]
    if all(ends):
        return "supported"
    middle = kind == "within" and estimate.low < -bound and bound < estimate.high  # only the middle obeys
    return "undecided" if any(ends) or middle else "refuted"


def together(verdicts: Sequence[Verdict]) -> Verdict:
    """The verdict on a claim: supported if all its tests are, refuted if any test is, undecided otherwise.

    "Supported" needs no correction for several tests: the chance of wrong support is at most that of any single test.
    "Refuted" does: the more tests a claim has, the wider the intervals that can refute it (see `_number`).
    """
    if "refuted" in verdicts:
        return "refuted"
    return "supported" if set(verdicts) == {"supported"} else "undecided"


def _claim(
    claim: Claim, confidence: float, metrics: Mapping[str, Any], replicates: Mapping[str, Any]
) -> dict[str, Any]:
    def number(compared: Compared, rule: Rule | None, tests: int = 1) -> dict[str, Any]:
        measured = _number(compared.estimate, rule, (confidence, tests), metrics, replicates)
        return {"name": compared.name, "estimate": compared.estimate} | measured

    tests = [number(test, test, len(claim.tests)) | {"rule": test.bound} for test in claim.tests]
    return {
        "sentence": claim.sentence,
        "thesis": claim.thesis,
        "verdict": together([test["verdict"] for test in tests]),
        "tests": tests,
        "beside": [number(compared, None) for compared in claim.beside],
        "survey": [number(compared, claim.tests[0]) for compared in claim.survey],
    }


def _number(
    expression: str,
    rule: Rule | None,
    confidence: tuple[float, int],
    metrics: Mapping[str, Any],
    replicates: Mapping[str, Any],
) -> dict[str, Any]:
    """One number as JSON; if the study did not measure it, its rule is undecided.

    Args:
        expression: As `expressions.parse` reads it.
        rule: Decides the verdict; without a rule there is none.
        confidence: Of the interval; and the number of tests of the claim. The interval that refutes is widened for that
            number (Bonferroni), so that many tests do not refute a true claim more often than one test does.
        metrics: As for `decide`.
        replicates: As for `decide`.
    """
    level, tests = confidence
    try:
        terms = expressions.look_up(expression, metrics, replicates)
    except MissingError as error:
        return {"missing": str(error)} | ({"verdict": "undecided"} if rule else {})
    plain, wide = (estimates.estimate(terms, level) for level in (level, 1 - (1 - level) / tests))
    number: dict[str, Any] = {name: _rounded(getattr(plain, name)) for name in ("mean", "low", "high")}
    number |= {"seeds": plain.seeds, "images": plain.images}
    if rule is None:
        return number
    word = verdict(plain, rule)
    return number | {"verdict": "undecided" if word == "refuted" != verdict(wide, rule) else word}


def _rounded(value: float) -> float | None:
    """To six significant digits; None for infinity, which JSON lacks."""
    return float(f"{value:.6g}") if math.isfinite(value) else None
