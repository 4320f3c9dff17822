"""Numbers as text: a true minus sign, the decimal sign of the language, as many digits as an interval needs."""

import math
from collections.abc import Mapping
from typing import Any

from latente.evidence.intervals import Difference
from latente.report.language import gettext, localised, noop
from latente.results import records

_RULES = {
    "at_least": noop("at least %s"),
    "at_most": noop("at most %s"),
    "above": noop("above %s"),
    "below": noop("below %s"),
}


def number(value: float, digits: int) -> str:
    """A number with a fixed count of digits after the point; zero has no sign.

    Example:
        >>> number(-1234.5, 2), number(-0.001, 2)
        ('−1,234.50', '0.00')
    """
    text = f"{value:,.{digits}f}".replace("-", "−")
    return localised(text.removeprefix("−") if not float(f"{value:.{digits}f}") else text)


def significant(value: float, digits: int = 6) -> str:
    """A number with at most so many significant digits.

    Example:
        >>> significant(-0.05), significant(78.4), significant(0.0)
        ('−0.05', '78.4', '0')
    """
    return localised(f"{value:.{digits}g}".replace("-", "−"))


def cell(seeds: Mapping[str, float] | None, digits: int, *, spread: bool = True) -> str:
    """Mean and standard deviation over seeds; a dash if nothing was measured.

    Args:
        seeds: Seed -> value.
        digits: After the point.
        spread: Whether to show the standard deviation.

    Example:
        >>> cell({"0": 1.0, "1": 2.0}, 2), cell(None, 2)
        ('1.50 ± 0.71', '–')
    """
    if not seeds:
        return "–"
    mean, sd = records.mean(seeds), records.deviation(seeds)
    return number(mean, digits) if sd is None or not spread else f"{number(mean, digits)} ± {number(sd, digits)}"


def interval(estimate: Mapping[str, Any]) -> str:
    """Mean and interval; half the width of the interval has two significant digits.

    Args:
        estimate: A number of a claim, as `verdicts.decide` returns it.
    """
    if "missing" in estimate:
        return gettext("not measured")
    mean, low, high = estimate["mean"], estimate["low"], estimate["high"]
    if low is None or high is None:
        return gettext("%s, no interval") % significant(mean, 4)
    digits = _digits((high - low) / 2 or abs(mean) / 100)
    return bracketed(number(mean, digits), number(low, digits), number(high, digits))


def bracketed(mean: str, low: str, high: str) -> str:
    """A mean and its interval; with a decimal comma, a semicolon is between the ends."""
    return gettext("%(mean)s [%(low)s, %(high)s]") % {"mean": mean, "low": low, "high": high}


def over(estimate: Mapping[str, Any]) -> str:
    """What an interval is over, or why there is none.

    Args:
        estimate: A number of a claim, as `verdicts.decide` returns it.
    """
    if "missing" in estimate:
        return gettext("the study lacks %s") % str(estimate["missing"])
    if estimate["low"] is None or estimate["high"] is None:
        return gettext("too few seeds")
    sources = {gettext("seeds"): estimate["seeds"], gettext("images"): estimate["images"]}
    return f" {gettext('and')} ".join(name for name, included in sources.items() if included)


def rule(bound: Mapping[str, float]) -> str:
    """A rule in words.

    Args:
        bound: Kind of bound -> its value, a single item.

    Example:
        >>> rule({"at_most": 0.0}), rule({"within": 0.5})
        ('at most 0', 'between −0.5 and 0.5')
    """
    ((kind, value),) = bound.items()
    if kind == "within":
        return gettext("between %s and %s") % (significant(-value), significant(value))
    return gettext(_RULES[kind]) % significant(value)


def p_value(p: float) -> str:
    """A p-value with three digits after the point.

    Example:
        >>> p_value(0.0123), p_value(1e-9)
        ('p = 0.012', 'p < 0.001')
    """
    return f"p < {localised('0.001')}" if p < 0.001 else f"p = {number(p, 3)}"


def difference(measured: Difference, digits: int) -> str:
    """Mean and interval; a bound that is not zero is never shown as zero, down to six digits after the point."""
    single = math.isinf(measured.low)
    smallest = abs(measured.mean) if single else min(abs(measured.low), abs(measured.high))
    while digits < 6 and 0 < smallest < 10**-digits:
        digits += 1
    mean, low, high = (number(value, digits) for value in (measured.mean, measured.low, measured.high))
    if single:
        return gettext("%s from a single seed, which gives no interval") % mean
    return gettext("%s over %d seeds") % (bracketed(mean, low, high), measured.seeds)


def _digits(size: float) -> int:
    """Digits after the point that show two significant ones of a size; from 0 to 6."""
    return min(max(1 - math.floor(math.log10(size)), 0), 6) if size else 0
