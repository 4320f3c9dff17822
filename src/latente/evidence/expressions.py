"""Sums of metrics as text, such as `separation.vae.silhouette - separation.ae.silhouette`."""

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from latente.dotted import at
from latente.errors import LatenteError
from latente.evidence.estimates import ONE, Combination, SeededMetric

_TERM = re.compile(r"([+-]?)\s*(?:(\d+(?:\.\d+)?)(?![\w.])\s*\*?\s*)?([a-z]\w*(?:\.[\w~]+)+)?\s*")


class MissingError(LatenteError):
    """The study did not measure what an expression names."""


def parse(expression: str) -> list[tuple[float, str | None]]:
    """Read an expression: metrics and numbers, added and subtracted, each with an optional factor.

    Args:
        expression: For instance `separation.vae.silhouette - 0.5 separation.ae.silhouette`; a metric is spelled as
            analysis, subject, and the metric's own levels.

    Returns:
        Weight and metric of every term; no metric for a number.

    Raises:
        LatenteError: It is not such an expression.

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
    return terms


def look_up(expression: str, metrics: Mapping[str, Any], replicates: Mapping[str, Any]) -> Combination:
    """The metrics that an expression names.

    Args:
        expression: As `parse` reads it.
        metrics: Analysis -> subject -> metrics, as in the metrics files.
        replicates: Analysis -> subject -> seed -> metric -> the value with each group of images left out.

    Raises:
        MissingError: The study did not measure one of them.
    """
    return [(weight, _measured(path, metrics, replicates) if path else ONE) for weight, path in parse(expression)]


def _measured(path: str, metrics: Mapping[str, Any], replicates: Mapping[str, Any]) -> SeededMetric:
    analysis, subject, *levels = path.split(".")
    node = at(metrics, path)
    if not isinstance(node, Mapping) or "seeds" not in node:
        raise MissingError(path)
    name = ".".join(levels)
    stored = replicates.get(analysis, {}).get(subject, {})
    replicated = {seed: np.array(stored[seed][name]) for seed in node["seeds"] if name in stored.get(seed, {})}
    return SeededMetric(node["seeds"], replicated)
