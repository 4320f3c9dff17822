"""Scores as the metrics files hold them."""

import math
import statistics
from collections.abc import Iterable, Mapping
from typing import Any

from latente.errors import LatenteError
from latente.groups import Replicates

Scores = Mapping[str, Mapping[str, Mapping[str, float]]]
"""Subject (a model, a pair of models, a baseline) -> seed (or pair of seeds) -> metric -> value.

A dot in a metric's name is a level: `gaussian.fid` is the `fid` of the samples of `gaussian`.
"""

LeftOut = Mapping[str, Mapping[str, Mapping[str, Replicates]]]
"""The same for some metrics -> the value with each group of images left out."""


def summaries(scores: Scores) -> dict[str, Any]:
    """Mean, standard deviation and single values of every metric of every subject.

    Returns:
        `{subject: {metric: {"mean", "sd", "seeds": {seed: value}}}}`, with a sub-level for each dot in a metric's
        name. The deviation is the sample's (n - 1), null for a single seed.
    """
    tree: dict[str, Any] = {}
    for subject, seeds in scores.items():
        branch = tree.setdefault(subject, {})
        for metric in _ordered(name for values in seeds.values() for name in values):
            *levels, leaf = metric.split(".")
            node = branch
            for level in levels:
                node = node.setdefault(level, {})
            values = {seed: values[metric] for seed, values in seeds.items() if metric in values}
            node[leaf] = summary(values, f"{metric} of {subject}")
    return tree


def summary(values: Mapping[str, float], name: str) -> dict[str, Any]:
    """Mean, sample standard deviation and single values, to six significant digits.

    Example:
        >>> summary({"0": 1.0, "1": 2.0}, "x")
        {'mean': 1.5, 'sd': 0.707107, 'seeds': {'0': 1.0, '1': 2.0}}
    """
    bad = {seed: value for seed, value in values.items() if not math.isfinite(value)}
    if bad:
        raise LatenteError(f"{name} is not finite for seed {', '.join(map(str, bad))}")
    return {
        "mean": _rounded(statistics.fmean(values.values())),
        "sd": _rounded(statistics.stdev(values.values())) if len(values) > 1 else None,
        "seeds": {seed: _rounded(value) for seed, value in values.items()},
    }


def plain(node: Any, name: str = "replicates") -> Any:
    """Arrays as lists, to nine significant digits: the jackknife multiplies what rounding leaves.

    Raises:
        LatenteError: A number is not finite; says where.
    """
    if isinstance(node, Mapping):
        return {str(key): plain(value, f"{name}.{key}") for key, value in node.items()}
    if not all(math.isfinite(value) for value in node):
        raise LatenteError(f"{name} is not finite without some group of images")
    return [float(f"{value:.9g}") for value in node]


def _rounded(value: float) -> float:
    return float(f"{value:.6g}")


def _ordered(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))
