"""A number and its rule: what its interval says, and the p-values for the rule and against it."""

import math
import operator
from collections.abc import Callable
from typing import Literal, NamedTuple

from scipy.special import stdtr

from latente.evidence.estimates import Estimate
from latente.project.sections import Rule

Word = Literal["supported", "refuted", "undecided"]

_OBEYS: dict[str, Callable[[float, float], bool]] = {
    "at_least": operator.ge,
    "at_most": operator.le,
    "above": operator.gt,
    "below": operator.lt,
    "within": lambda value, bound: abs(value) <= bound,
}
"""Kind of bound -> whether a value obeys it."""


class PValues(NamedTuple):
    """Two p-values in [0, 1]. A small one is evidence.

    Attributes:
        supported: Against the null that the rule is broken. A small value supports the rule.
        refuted: Against the null that the rule is obeyed. A small value refutes the rule.
    """

    supported: float
    refuted: float


NOTHING = PValues(1.0, 1.0)
"""The p-values of a number that was not measured, or has no interval."""


def word(estimate: Estimate, rule: Rule) -> Word:
    """Supported if the whole interval obeys the rule, refuted if no part of it does, undecided otherwise.

    Example:
        >>> word(Estimate(-2.0, -3.0, -1.0, seeds=5, images=True), Rule(name="x", estimate="x", at_most=0))
        'supported'
    """
    ((kind, bound),) = rule.bound.items()
    ends = [_OBEYS[kind](end, bound) for end in (estimate.low, estimate.high)]
    if all(ends):
        return "supported"
    middle = kind == "within" and estimate.low < -bound and bound < estimate.high  # only the middle obeys
    return "undecided" if any(ends) or middle else "refuted"


def p_values(estimate: Estimate, rule: Rule) -> PValues:
    """Student tests of a rule and of its opposite.

    Each test is one-sided, and its p-value is doubled, because a study looks in both directions. So a p-value is at
    most 1 - confidence exactly if the interval with this confidence lies on one side of the bound. `within` needs two
    one-sided tests (Schuirmann 1987, https://doi.org/10.1007/BF01068419): both bounds must hold, so the larger p-value
    supports it; one broken bound is enough, so the smaller p-value refutes it.

    Returns:
        1 for both if the number has no interval; 0 and 1 if it has no variance.

    Example:
        >>> sure = Estimate(-2.0, -2.0, -2.0, seeds=5, images=True, error=0.0)
        >>> p_values(sure, Rule(name="x", estimate="x", at_most=0))
        PValues(supported=0.0, refuted=1.0)
    """
    if not (math.isfinite(estimate.mean) and math.isfinite(estimate.error)):
        return NOTHING
    ((kind, bound),) = rule.bound.items()
    if not estimate.error:
        return PValues(0.0, 1.0) if _OBEYS[kind](estimate.mean, bound) else PValues(1.0, 0.0)
    if kind == "within":
        sides = _above(estimate, -bound), _above(estimate, bound)[::-1]
        return PValues(max(each[0] for each in sides), min(each[1] for each in sides))
    above = _above(estimate, bound)
    return PValues(*(above if kind in ("at_least", "above") else above[::-1]))


def _above(estimate: Estimate, bound: float) -> tuple[float, float]:
    """The doubled p-values that the number is above a bound, and that it is below."""
    t = (estimate.mean - bound) / estimate.error
    above, below = (min(1.0, 2 * float(stdtr(estimate.freedom, side))) for side in (-t, t))
    return above, below
