"""Claims about the study, each with the numbers that decide it and a verdict: supported, refuted or undecided."""

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from latente import evidence
from latente.evidence import Estimate, MissingError
from latente.params import Claim, Claims, Compared, Rule

Verdict = Literal["supported", "refuted", "undecided"]

_OBEYS: dict[str, Callable[[float, float], bool]] = {
    "at_least": operator.ge,
    "at_most": operator.le,
    "above": operator.gt,
    "below": operator.lt,
    "within": lambda value, bound: abs(value) <= bound,
}
"""Kind of bound -> whether a value obeys it."""


def judge(claims: Claims, metrics: Mapping[str, Any], replicates: Mapping[str, Any]) -> dict[str, Any]:
    """Test every claim.

    Args:
        claims: Sentences and rules.
        metrics: Analysis -> subject -> metrics, as in the metrics files.
        replicates: Analysis -> subject -> seed -> metric -> the value with each group of images left out.

    Returns:
        `confidence`; `comparisons`, the number of intervals that carry a verdict; and `claims`: name -> `sentence`,
        `thesis`, `verdict`, `tests` (each a number with its interval, rule and verdict), `beside` (numbers without a
        rule) and `robustness` (the rule of the first test applied to other choices).
    """
    tested = {name: _claim(claim, claims.confidence, metrics, replicates) for name, claim in claims.tested.items()}
    numbers = [number for claim in tested.values() for number in (*claim["tests"], *claim["robustness"])]
    count = sum(number.get("low") is not None for number in numbers)
    return {"confidence": claims.confidence, "comparisons": count, "claims": tested}


def estimates(found: Mapping[str, Any]) -> dict[str, float]:
    """The number that decides each claim first, of those that were measured: claim -> mean."""
    first = {name: claim["tests"][0] for name, claim in found["claims"].items()}
    return {name: test["mean"] for name, test in first.items() if "mean" in test}


def verdict(found: Estimate, rule: Rule) -> Verdict:
    """Whether the whole interval obeys the rule (supported), none of it does (refuted), or a part (undecided).

    Example:
        >>> verdict(Estimate(-2.0, -3.0, -1.0, seeds=5, images=True), Rule(name="x", estimate="x", at_most=0))
        'supported'
    """
    ((kind, bound),) = rule.bound.items()
    ends = [_OBEYS[kind](end, bound) for end in (found.low, found.high)]
    around = kind == "within" and found.low < -bound and bound < found.high  # the middle obeys, though no end does
    if all(ends):
        return "supported"
    return "undecided" if any(ends) or around else "refuted"


def together(verdicts: Sequence[Verdict]) -> Verdict:
    """Supported if all are, refuted if any is.

    No correction is needed for the first: a claim is supported wrongly at most as often as its weakest test is. For the
    second, the more tests a claim has, the wider the intervals that refute it (see `_number`).
    """
    if "refuted" in verdicts:
        return "refuted"
    return "supported" if set(verdicts) == {"supported"} else "undecided"


def _claim(
    claim: Claim, confidence: float, metrics: Mapping[str, Any], replicates: Mapping[str, Any]
) -> dict[str, Any]:
    def number(what: Compared, rule: Rule | None, among: int = 1) -> dict[str, Any]:
        found = _number(what.estimate, rule, (confidence, among), metrics, replicates)
        return {"name": what.name, "estimate": what.estimate} | found

    tests = [number(test, test, len(claim.tests)) | {"rule": test.bound} for test in claim.tests]
    return {
        "sentence": claim.sentence,
        "thesis": claim.thesis,
        "verdict": together([test["verdict"] for test in tests]),
        "tests": tests,
        "beside": [number(each, None) for each in claim.beside],
        "robustness": [number(each, claim.tests[0]) for each in claim.robustness],
    }


def _number(
    expression: str,
    rule: Rule | None,
    confidence: tuple[float, int],
    metrics: Mapping[str, Any],
    replicates: Mapping[str, Any],
) -> dict[str, Any]:
    """The number as JSON; what the study did not measure leaves the rule undecided.

    Args:
        expression: As `evidence.parse` reads it.
        rule: That decides, if there is one.
        confidence: Of the interval, and among how many numbers any may refute: the interval that does is widened as
            Bonferroni has it, so that a true claim is refuted no more often for having many tests.
        metrics: As for `judge`.
        replicates: As for `judge`.
    """
    level, among = confidence
    try:
        terms = evidence.look_up(expression, metrics, replicates)
    except MissingError as error:
        return {"missing": str(error)} | ({"verdict": "undecided"} if rule else {})
    found, wide = (evidence.estimate(terms, each) for each in (level, 1 - (1 - level) / among))
    number: dict[str, Any] = {name: _plain(getattr(found, name)) for name in ("mean", "low", "high")}
    number |= {"seeds": found.seeds, "images": found.images}
    if rule is None:
        return number
    word = verdict(found, rule)
    return number | {"verdict": "undecided" if word == "refuted" != verdict(wide, rule) else word}


def _plain(value: float) -> float | None:
    """To six significant digits; none for infinity, which JSON lacks."""
    return float(f"{value:.6g}") if math.isfinite(value) else None
