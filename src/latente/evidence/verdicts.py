"""The verdict on every claim (supported, mixed, refuted or undecided), and the numbers that decide it."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from latente.evidence import estimates, expressions, holm, rules
from latente.evidence.estimates import Estimate
from latente.evidence.expressions import Metrics, MissingError
from latente.evidence.rules import NOTHING, PValues
from latente.project.sections import Claim, Claims, Compared, Rule

Verdict = Literal["supported", "mixed", "refuted", "undecided"]


def decide(claims: Claims, metrics: Metrics, replicates: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Test every claim.

    All claims are one family of hypotheses (Holm). A claim has one p-value in the family: the smaller of its two. This
    is allowed because the p-values are doubled, so each counts both directions, and because a claim is true or false,
    so only one direction can be wrong. For independent claims, the probability of one or more wrong verdicts is then
    at most 1 - confidence (Shaffer 1980, https://doi.org/10.1214/aos/1176345205). Claims that share images are not
    independent; a simulation in the tests covers them. A number that was not measured has the p-value 1, and its claim
    stays in the family. The words of single numbers and of the survey are not adjusted.

    Args:
        claims: Sentences and rules.
        metrics: Full name -> seed -> value.
        replicates: Analysis -> subject -> seed -> metric -> the value without each group of images.

    Returns:
        A claim has `name`, `sentence`, `thesis`, `verdict`, `p` (adjusted) and `p_raw` (not adjusted), `tests` (numbers
        with interval, rule, verdict and `p`), `beside` (numbers without a rule) and `survey` (the rule of the first
        test under other settings of the study).
    """
    study = claims.confidence, metrics, replicates
    tested = {name: [_tested(test, study) for test in claim.tests] for name, claim in claims.tested.items()}
    found = {name: _of_claim(claim, tested[name]) for name, claim in claims.tested.items()}
    adjusted = dict(zip(found, holm.adjusted([min(p) for p in found.values()]), strict=True))
    decided = {name for name, p in adjusted.items() if p <= 1 - claims.confidence}
    return [
        {"name": name, "sentence": claim.sentence, "thesis": claim.thesis}
        | {"verdict": _verdict(claim, found[name], tested[name]) if name in decided else "undecided"}
        | {"p": _rounded(adjusted[name], 3), "p_raw": _rounded(min(found[name]), 3)}
        | {"tests": [number for number, _ in tested[name]]}
        | _shown(claim, study)
        for name, claim in claims.tested.items()
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
    """How many intervals have a word that is not adjusted, over all claims."""
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
    return _to_json(_measured(expression, (confidence, metrics, replicates)))


def together(tests: Sequence[PValues]) -> PValues:
    """The p-values of a claim, from those of its tests.

    A claim holds only if all its rules hold. So the largest p-value supports it, which needs no correction. The
    smallest p-value refutes it, times the number of tests (Bonferroni), because each test is another chance to err.

    Example:
        >>> together([PValues(0.01, 1.0), PValues(1.0, 0.02)])
        PValues(supported=1.0, refuted=0.04)
    """
    smallest = min(test.refuted for test in tests)
    return PValues(max(test.supported for test in tests), min(1.0, len(tests) * smallest))


def some(cases: Sequence[PValues]) -> PValues:
    """The p-values of a claim that holds if one of its cases holds.

    The smallest p-value supports it, times the number of cases (Bonferroni), because each case is another chance to
    err. The largest p-value refutes it, because all cases must be refuted, and this needs no correction.

    Example:
        >>> some([PValues(0.01, 1.0), PValues(1.0, 0.02)])
        PValues(supported=0.02, refuted=1.0)
    """
    smallest = min(case.supported for case in cases)
    return PValues(min(1.0, len(cases) * smallest), max(case.refuted for case in cases))


_Study = tuple[float, Metrics, Mapping[str, Any]]
"""Confidence, metrics and replicates, as `decide` has them."""

_Tested = tuple[dict[str, Any], PValues]
"""A number as JSON, and its p-values."""


def _of_claim(claim: Claim, tests: Sequence[_Tested]) -> PValues:
    """The p-values of a claim; a claim without cases has one case."""
    by_case: dict[str | None, list[PValues]] = {case: [] for case in claim.cases}
    for case, (_, p) in zip(claim.cases, tests, strict=True):
        by_case[case].append(p)
    return some([together(each) for each in by_case.values()])


def _verdict(claim: Claim, p: PValues, tests: Sequence[_Tested]) -> Verdict:
    """The verdict on a claim whose adjusted p-value is small enough. A claim about some case is never mixed."""
    if p.supported < p.refuted:
        return "supported"
    if any(claim.cases):
        return "refuted"
    return "mixed" if any(number["verdict"] == "supported" for number, _ in tests) else "refuted"


def _shown(claim: Claim, study: _Study) -> dict[str, Any]:
    """The numbers of a claim that do not decide it."""
    beside, survey = (
        [(_named(compared), _measured(compared.estimate, study)) for compared in each]
        for each in (claim.beside, claim.survey)
    )
    return {
        "beside": [named | _to_json(measured) for named, measured in beside],
        "survey": [named | _ruled(measured, claim.tests[0]) for named, measured in survey],
    }


def _tested(test: Rule, study: _Study) -> _Tested:
    measured = _measured(test.estimate, study)
    p = NOTHING if isinstance(measured, str) else rules.p_values(measured, test)
    number = _named(test) | _ruled(measured, test) | {"p": _rounded(min(p), 3), "rule": test.bound}
    return number | test.model_dump(include={"reason", "case"}, exclude_none=True), p


def _measured(expression: str, study: _Study) -> Estimate | str:
    """The estimate, or what the study did not measure."""
    confidence, metrics, replicates = study
    try:
        found = estimates.estimate(expressions.look_up(expression, metrics, replicates), confidence)
    except MissingError as error:
        return str(error)
    return "a seed that all its metrics share" if math.isnan(found.mean) else found


def _named(compared: Compared) -> dict[str, Any]:
    return {"name": compared.name, "estimate": compared.estimate}


def _ruled(measured: Estimate | str, rule: Rule) -> dict[str, Any]:
    """A number with the word of its interval; undecided if the study did not measure it."""
    found = "undecided" if isinstance(measured, str) else rules.word(measured, rule)
    return _to_json(measured) | {"verdict": found}


def _to_json(measured: Estimate | str) -> dict[str, Any]:
    if isinstance(measured, str):
        return {"missing": measured}
    number: dict[str, Any] = {name: _rounded(getattr(measured, name), 6) for name in ("mean", "low", "high")}
    return number | {"seeds": measured.seeds, "images": measured.images}


def _rounded(value: float, digits: int) -> float | None:
    """To so many significant digits; None for infinity, because JSON has no infinity."""
    return float(f"{value:.{digits}g}") if math.isfinite(value) else None
