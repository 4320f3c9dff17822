"""The verdict on every claim (supported, refuted or undecided), and the numbers that decide it."""

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from latente.evidence import estimates, expressions
from latente.evidence.estimates import Estimate
from latente.evidence.expressions import Metrics, MissingError
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


def decide(claims: Claims, metrics: Metrics, replicates: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Test every claim.

    Args:
        claims: Sentences and rules.
        metrics: Full name -> seed -> value.
        replicates: Analysis -> subject -> seed -> metric -> the value without each group of images.

    Returns:
        A claim has `name`, `sentence`, `thesis`, `verdict`, `tests` (numbers with interval, rule and verdict), `beside`
        (numbers without a rule) and `survey` (the rule of the first test under other settings of the study).
    """
    return [
        {"name": name} | _claim(claim, claims.confidence, metrics, replicates) for name, claim in claims.tested.items()
    ]


def first_estimates(decided: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """The estimate of the first test of every claim, if the study measured it.

    Args:
        decided: As `decide` returns it.

    Returns:
        Claim -> mean over seeds.
    """
    first = {str(claim["name"]): claim["tests"][0] for claim in decided}
    return {name: test["mean"] for name, test in first.items() if "mean" in test}


def comparisons(decided: Sequence[Mapping[str, Any]]) -> int:
    """How many intervals have a verdict, over all claims."""
    numbers = [number for claim in decided for number in (*claim["tests"], *claim["survey"])]
    return sum(number.get("low") is not None for number in numbers)


def number(expression: str, confidence: float, metrics: Metrics, replicates: Mapping[str, Any]) -> dict[str, Any]:
    """A number that decides nothing, as `beside` has it; with `missing` if the study did not measure it.

    Args:
        expression: As `expressions.parse` reads it.
        confidence: Of the interval.
        metrics: As for `decide`.
        replicates: As for `decide`.
    """
    return _number(expression, None, (confidence, 1), metrics, replicates)


def verdict(estimate: Estimate, rule: Rule) -> Verdict:
    """Supported if the whole interval obeys the rule, refuted if no part of it does, undecided otherwise.

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
    """The verdict on a claim: supported if all tests are supported, refuted if any test is, undecided otherwise.

    "Supported" needs no correction for several tests: wrong support is at most as likely as for one test.
    "Refuted" needs a correction: with more tests, the intervals that can refute a claim are wider (see `_number`).
    """
    if "refuted" in verdicts:
        return "refuted"
    return "supported" if set(verdicts) == {"supported"} else "undecided"


def _claim(claim: Claim, confidence: float, metrics: Metrics, replicates: Mapping[str, Any]) -> dict[str, Any]:
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
    metrics: Metrics,
    replicates: Mapping[str, Any],
) -> dict[str, Any]:
    """One number as JSON. If the study did not measure it, its verdict is undecided.

    Args:
        expression: As `expressions.parse` reads it.
        rule: The rule that decides the verdict. Without a rule there is no verdict.
        confidence: The confidence of the interval, and the number of tests of the claim. The interval that refutes is
            wider for more tests (Bonferroni), so that many tests refute a true claim no more often than one test.
        metrics: As for `decide`.
        replicates: As for `decide`.
    """
    level, tests = confidence
    try:
        terms = expressions.look_up(expression, metrics, replicates)
    except MissingError as error:
        return {"missing": str(error)} | ({"verdict": "undecided"} if rule else {})
    plain, wide = (estimates.estimate(terms, level) for level in (level, 1 - (1 - level) / tests))
    if math.isnan(plain.mean):
        return {"missing": "a seed that all its metrics share"} | ({"verdict": "undecided"} if rule else {})
    number: dict[str, Any] = {name: _rounded(getattr(plain, name)) for name in ("mean", "low", "high")}
    number |= {"seeds": plain.seeds, "images": plain.images}
    if rule is None:
        return number
    word = verdict(plain, rule)
    return number | {"verdict": "undecided" if word == "refuted" != verdict(wide, rule) else word}


def _rounded(value: float) -> float | None:
    """To six significant digits; None for infinity, because JSON has no infinity."""
    return float(f"{value:.6g}") if math.isfinite(value) else None
