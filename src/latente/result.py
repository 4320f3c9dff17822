"""What an analysis finds: a score for every subject and seed, and figures."""

import math
import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from matplotlib.figure import Figure

from latente import figures, paths, serial
from latente.errors import LatenteError

T = TypeVar("T")
Grid = Mapping[str, Mapping[int, T]]
"""Model -> seed -> what that training made."""

Scores = Mapping[str, Mapping[str, Mapping[str, float]]]
"""Subject (a model, a pair of models, a baseline) -> seed (or pair of seeds) -> metric -> value.

A dot in a metric's name is a level: `gaussian.fid` is the `fid` of the samples of `gaussian`.
"""


@dataclass(frozen=True)
class Result:
    """Scores and named figures of one analysis."""

    scores: Scores
    figures: Mapping[str, Figure] = field(default_factory=dict)

    def files(self, stage: str) -> dict[Path, bytes]:
        """The metrics file and the figures, each with its path.

        Raises:
            LatenteError: A score is not finite; JSON has no such numbers, and no reader could use it.
        """
        files = {paths.metrics(stage): serial.to_json(summaries(self.scores))}
        return files | {paths.figure(stage, name): figures.to_png(figure) for name, figure in self.figures.items()}


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


def _rounded(value: float) -> float:
    return float(f"{value:.6g}")


def _ordered(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))
