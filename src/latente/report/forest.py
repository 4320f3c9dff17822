"""Forest plots: estimates, their intervals and the rules that they must obey, on axes in percent.

The plots have no size in pixels, so one page fits a telephone and a wide screen.

References:
    Lewis & Clarke 2001, Forest plots: trying to see the wood and the trees, https://doi.org/10.1136/bmj.322.7300.1479
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from latente.report import numbers
from latente.report.axis import Axis

Number = Mapping[str, Any]
"""A number of a claim, as `verdicts.decide` returns it."""

_RATIO = 4.0
"""Numbers share an axis if it is at most this many times as long as each of them needs."""


@dataclass(frozen=True)
class Row:
    """One number.

    Attributes:
        name: Of the number.
        value: Mean and interval as text.
        over: What the interval is over, as text.
        rule: In words; empty without a rule.
        verdict: supported, refuted or undecided; empty without a rule.
        mean: Position of the estimate; None if it was not measured.
        ends: Positions of both ends of the interval; None if it has none.
        allowed: Positions of both ends of what the rule allows; None without a rule or an estimate.
        bounds: Positions of the bounds of the rule; empty without a rule or an estimate.
    """

    name: str
    value: str
    over: str
    rule: str
    verdict: str
    mean: float | None
    ends: tuple[float, float] | None
    allowed: tuple[float, float] | None
    bounds: tuple[float, ...]


@dataclass(frozen=True)
class Plot:
    """Numbers that share one axis.

    Attributes:
        rows: In their order.
        ticks: Position and label; empty if nothing was measured.
        zero: Position of zero; None outside the axis.
    """

    rows: Sequence[Row]
    ticks: Sequence[tuple[float, str]]
    zero: float | None


def plots(numbers: Sequence[Number]) -> list[Plot]:
    """As few plots as let a reader see every number beside its rule.

    A number joins the first plot whose axis fits it. Differences and plain values never share an axis.
    """
    groups: list[list[Number]] = []
    for number in numbers:
        fitting = (group for group in groups if _fits([*group, number]))
        if group := next(fitting, None):
            group.append(number)
        else:
            groups.append([number])
    return [together(group) for group in groups]


def together(group: Sequence[Number]) -> Plot:
    """One plot of all numbers, in their order."""
    shown = [value for number in group for value in _values(number)]
    axis = Axis.showing(shown or (0.0,))
    zero = axis.position(0.0) if axis.low <= 0 <= axis.high else None
    return Plot([_row(number, axis) for number in group], axis.ticks() if shown else (), zero if shown else None)


def _fits(group: Sequence[Number]) -> bool:
    measured = [number for number in group if "missing" not in number]
    shown = [value for number in measured for value in _values(number)]
    if not shown:
        return True
    kinds = {_is_difference(number) for number in measured}
    return len(kinds) == 1 and max(shown) - min(shown) <= _RATIO * min(_needed(number) for number in measured)


def _row(number: Number, axis: Axis) -> Row:
    rule, (mean, low, high) = number.get("rule", {}), (number.get(name) for name in ("mean", "low", "high"))
    bounds = () if mean is None else tuple(axis.position(bound) for bound in _bounds(number))
    return Row(
        name=number["name"],
        value=numbers.interval(number),
        over=numbers.over(number),
        rule=numbers.rule(rule) if rule else "",
        verdict=number.get("verdict", ""),
        mean=None if mean is None else axis.position(mean),
        ends=None if low is None or high is None else (axis.position(low), axis.position(high)),
        allowed=_allowed(rule, bounds) if bounds else None,
        bounds=bounds,
    )


def _allowed(rule: Mapping[str, float], bounds: Sequence[float]) -> tuple[float, float]:
    if {"at_most", "below"} & set(rule):
        return 0.0, bounds[0]
    return bounds[0], 100.0 if len(bounds) == 1 else bounds[1]


def _bounds(number: Number) -> list[float]:
    rule = number.get("rule", {})
    return [-rule["within"], rule["within"]] if "within" in rule else list(rule.values())


def _values(number: Number) -> list[float]:
    """What the axis must show of a number: estimate, interval and bounds, and zero for a difference."""
    if "missing" in number:
        return []
    values = [number["mean"], number["low"], number["high"], *_bounds(number), 0.0 if _is_difference(number) else None]
    return [value for value in values if value is not None]


def _needed(number: Number) -> float:
    """The length that shows a number with its rule; without a rule, with zero."""
    values: list[float] = [*_values(number), *(() if number.get("rule") else (0.0,))]
    return max(values) - min(values)


def _is_difference(number: Number) -> bool:
    return " - " in number["estimate"]
