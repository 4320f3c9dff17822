"""A sentence about the two classes that make most of a difference between two models."""

from collections.abc import Mapping, Sequence

from latente.evidence import intervals
from latente.evidence.expressions import Metrics
from latente.report import numbers
from latente.report.language import gettext
from latente.results import records


def sentence(
    metrics: Metrics, analysis: str, models: Mapping[str, str], classes: Sequence[str], *, confidence: float
) -> str | None:
    """How much of the difference two classes make, and what the other classes make.

    The two classes are those with the largest part in the direction of the whole difference.

    Args:
        metrics: Full name -> seed -> value.
        analysis: Measures `class.N.contribution` of every class; the contributions add up to the compared number.
        models: The two models and their labels; the difference is the second minus the first.
        classes: Names of the classes.
        confidence: Of the interval.

    Returns:
        None if the models do not differ, or if fewer than three classes have contributions.
    """
    (first, name), (other, name_of_other) = models.items()
    parts = {index: _pair(metrics, analysis, first, other, index) for index in range(len(classes))}
    means = {index: records.mean(b) - records.mean(a) for index, (a, b) in parts.items() if a and b}
    total = sum(means.values())
    if not total or len(means) < 3:
        return None
    one, two, *rest = sorted(means, key=lambda index: means[index] / total, reverse=True)
    left, right = ([parts[index][side] for index in rest] for side in (0, 1))
    others = intervals.paired(_sum(left), _sum(right), confidence=confidence)
    return gettext(
        "%(difference)s = %(total)s. The classes %(one)s and %(two)s make %(share)s %% of this difference. The other "
        "classes together make %(others)s."
    ) % {
        "difference": f"{name_of_other} − {name}",
        "total": numbers.number(total, 3),
        "one": classes[one],
        "two": classes[two],
        "share": f"{100 * (means[one] + means[two]) / total:.0f}",
        "others": numbers.difference(others, 3),
    }


def _pair(
    metrics: Metrics, analysis: str, first: str, other: str, index: int
) -> tuple[Mapping[str, float], Mapping[str, float]]:
    a, b = (metrics.get(f"{analysis}.{model}.class.{index}.contribution", {}) for model in (first, other))
    return a, b


def _sum(contributions: list[Mapping[str, float]]) -> dict[str, float]:
    return {seed: sum(one[seed] for one in contributions) for seed in contributions[0]}
