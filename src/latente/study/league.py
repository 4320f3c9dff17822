"""The league of the survey as rows, with the names that the rows of a study use, so that both stand in one table."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from latente.project import paths
from latente.results import records
from latente.study.rows import Row
from latente.study.state import PipelineState
from latente.study.tree import Tree

_STAGES = {
    "separation": {"silhouette", "knn_accuracy", "probe"},
    "reconstruction": {"mse", "distortion", "rate", "log_likelihood"},
    "prior": {"standard", "mixture"},
    "gap": {"auc", "holes", "reweighted"},
    "geometry": {"active_units"},
    "representation": {"within", "disentanglement", "rotated"},
    "generalisation": {"corrupted", "path", "foreign"},
}
"""Stage -> the first parts of the metrics that it measures for a model of the study."""


@dataclass(frozen=True)
class League:
    """The trainings of the league.

    Attributes:
        key: A hash of their parameters, metrics and data.
        rows: Name, such as `beta_03-0` -> row; empty if the league did not run on the images of the study.
    """

    key: str
    rows: Mapping[str, Row]


def rows(tree: Tree, study: PipelineState) -> League:
    """The league that a tree has.

    Args:
        tree: Has the metrics and the gathered survey.
        study: The state of the tree.
    """
    measured, survey = tree.read(paths.metrics("league")), tree.read(paths.survey())
    if measured is None or survey is None or "league" not in study.measured:
        return League("", {})
    gathered = json.loads(survey)
    numbers = records.read("league", json.loads(measured))
    data = study.outputs[paths.raw().as_posix()]
    found = {
        f"{name}-{seed}": _row(name, seed, numbers, data, gathered)
        for name in gathered["survey"]["league"]["settings"]
        for seed in numbers.get(f"league.{name}.silhouette", {})
    }
    content = [[name, row.params, row.metrics, row.data] for name, row in found.items()]
    return League(hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16], found)


def _row(name: str, seed: str, numbers: Mapping[str, Mapping[str, float]], data: str, gathered: Any) -> Row:
    model = gathered["survey"]["league"]["settings"][name]["model"]
    options = {f"models.{model}.{option}": value for option, value in gathered["options"][name].items()}
    prefix = f"league.{name}."
    own = {path.removeprefix(prefix): values[seed] for path, values in numbers.items() if path.startswith(prefix)}
    params = {"model": model, "seed": int(seed), "variant": name} | options
    return Row(model, int(seed), params, {_full(metric): value for metric, value in own.items()}, data, {})


def _full(metric: str) -> str:
    """The name of a metric in the rows of a study.

    Example:
        >>> _full("standard.accepted"), _full("generation")
        ('prior.standard.accepted', 'league.generation')
    """
    first = metric.partition(".")[0]
    stage = next((stage for stage, own in _STAGES.items() if first in own), "league")
    return f"{stage}.{metric}"
