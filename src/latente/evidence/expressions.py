"""Sums of metrics as text, such as `separation.vae.silhouette - separation.ae.silhouette`."""

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from latente.errors import LatenteError
from latente.evidence.estimates import ONE, Combination, SeededMetric

Metrics = Mapping[str, Mapping[str, float]]
"""Full name, such as `separation.vae.silhouette` -> seed -> value."""

_TERM = re.compile(r"([+-]?)\s*(?:(\d+(?:\.\d+)?)(?![\w.])\s*\*?\s*)?([a-z]\w*\.[a-z]\w*(?:-[a-z]\w*)?(?:\.\w+)+)?\s*")


class MissingError(LatenteError):
    """The study did not measure what an expression names."""


def parse(expression: str) -> list[tuple[float, str | None]]:
    """Read an expression: metrics and numbers, added and subtracted, each with an optional factor.

    Args:
        expression: For instance `separation.vae.silhouette - 0.5 separation.ae.silhouette`; a metric has its full
            name: analysis, subject and metric.

    Returns:
        Weight and metric of every term; no metric for a number.

    Raises:
        LatenteError: It is not such an expression, or it has no metric.

    Example:
        >>> parse("prior.vae.standard.accepted - 0.5")
        [(1.0, 'prior.vae.standard.accepted'), (-0.5, None)]
    """
    terms: list[tuple[float, str | None]] = []
    position, text = 0, expression.strip()
    while position < len(text):
        term = _TERM.match(text, position)
        assert term is not None  # every part of the pattern is optional
        sign, factor, path = term.groups()
        if not (factor or path) or bool(terms) != bool(sign):
            raise LatenteError(f"{expression!r}: expected metrics and numbers with + or - between them")
        terms.append(((-1.0 if sign == "-" else 1.0) * float(factor or 1), path))
        position = term.end()
    if not any(path for _, path in terms):
        raise LatenteError(f"{expression!r}: expected at least one metric, such as separation.vae.silhouette")
    return terms


def look_up(expression: str, metrics: Metrics, replicates: Mapping[str, Any]) -> Combination:
    """The metrics that an expression names.

    Args:
        expression: As `parse` reads it.
        metrics: Full name -> seed -> value.
        replicates: Analysis -> subject -> seed -> metric -> the value without each group of images.

    Raises:
        MissingError: The study did not measure one of them.
    """
    return [(weight, _measured(name, metrics, replicates) if name else ONE) for weight, name in parse(expression)]


def _measured(name: str, metrics: Metrics, replicates: Mapping[str, Any]) -> SeededMetric:
    if name not in metrics:
        raise MissingError(name)
    analysis, subject, metric = name.split(".", 2)
    stored = replicates.get(analysis, {}).get(subject, {})
    left_out = {seed: np.array(stored[seed][metric]) for seed in metrics[name] if metric in stored.get(seed, {})}
    return SeededMetric(metrics[name], left_out)
