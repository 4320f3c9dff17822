"""Measurements as the metrics files and the files of replicates hold them."""

import math
import statistics
from collections.abc import Mapping
from typing import Any

from latente.errors import LatenteError
from latente.results.measurement import Measurements


def summaries(measurements: Measurements) -> dict[str, Any]:
    """Mean, standard deviation and single values of every metric of every subject.

    Returns:
        `{subject: {metric: {"mean", "sd", "seeds": {seed: value}}}}`, with a sub-level for each dot in a metric's
        name. The deviation is the sample's (n - 1), null for a single seed.

    Raises:
        LatenteError: A number is not finite; says which.
    """
    tree: dict[str, Any] = {}
    for subject, seeds in measurements.items():
        branch = tree.setdefault(subject, {})
        for metric in dict.fromkeys(name for one in seeds.values() for name in one.metrics):
            *levels, leaf = metric.split(".")
            node = branch
            for level in levels:
                node = node.setdefault(level, {})
            values = {seed: one.metrics[metric] for seed, one in seeds.items() if metric in one.metrics}
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


def replicates(measurements: Measurements) -> dict[str, Any]:
    """Every metric with each group of images left out, of the subjects that have such values.

    Returns:
        `{subject: {seed: {metric: [value]}}}`, to nine significant digits, since the jackknife multiplies the rounding.

    Raises:
        LatenteError: A number is not finite; says which.
    """
    return {
        subject: {
            seed: {metric: _finite(values, f"{metric} of {subject}") for metric, values in one.replicates.items()}
            for seed, one in seeds.items()
        }
        for subject, seeds in measurements.items()
        if any(one.replicates for one in seeds.values())
    }


def _finite(values: Any, name: str) -> list[float]:
    if not all(math.isfinite(value) for value in values):
        raise LatenteError(f"{name} is not finite without some group of images")
    return [float(f"{value:.9g}") for value in values]


def _rounded(value: float) -> float:
    return float(f"{value:.6g}")
