"""The metrics file of a stage: one record for every number, and a few headline means that DVC's own tables show.

The full name of a metric is `analysis.subject.metric`, for instance `separation.vae.silhouette`: in claims, in rows of
MLflow and in the columns of DVC. A file holds the parts in separate fields, as a table does:

    pandas.DataFrame(json.load(file)["records"])
"""

import math
import statistics
from collections.abc import Iterator, Mapping
from typing import Any, TypedDict

import numpy as np

from latente.determinism import canonical
from latente.errors import LatenteError
from latente.results.measurement import Measurement, Measurements

SHOWN_BY_DVC = ("reconstruction.mse", "separation.silhouette")
"""Analysis and metric whose mean over seeds `dvc metrics show` and `dvc exp show` list for every model.

DVC shows every scalar of a metrics file and ignores lists, so all other numbers stand in the list of records.
"""


class Record(TypedDict):
    """One number.

    Attributes:
        subject: A model, a pair of models as `a-b`, or a baseline.
        seed: The seed, a pair of seeds as `a-b`, two pairs as `a-b-c-d`, or `data` for a number without a seed.
        metric: Its name; a dot separates levels, as in `standard.fid`.
        value: To six significant digits.
    """

    subject: str
    seed: str
    metric: str
    value: float


def to_json(stage: str, measurements: Measurements, **beside: object) -> bytes:
    """The metrics file of a stage.

    Args:
        stage: Whose measurements.
        measurements: Subject -> seed -> measurement.
        beside: Further keys of the file.

    Raises:
        LatenteError: A number is not finite; says which. JSON has no such numbers.
    """
    return canonical.to_table(list(_records(measurements)), **_headlines(stage, measurements), **beside)


def read(stage: str, content: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """The numbers of a metrics file.

    Args:
        stage: Whose file.
        content: As `to_json` writes it.

    Returns:
        Full name -> seed -> value.

    Example:
        >>> records = [{"subject": "vae", "seed": "0", "metric": "silhouette", "value": 0.1}]
        >>> read("separation", {"records": records})
        {'separation.vae.silhouette': {'0': 0.1}}
    """
    numbers: dict[str, dict[str, float]] = {}
    for record in content["records"]:
        name = f"{stage}.{record['subject']}.{record['metric']}"
        numbers.setdefault(name, {})[record["seed"]] = record["value"]
    return numbers


def read_all(contents: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, float]]:
    """The numbers of several metrics files.

    Args:
        contents: Stage -> content of its file.

    Returns:
        Full name -> seed -> value.
    """
    return {name: seeds for stage, content in contents.items() for name, seeds in read(stage, content).items()}


def mean(values: Mapping[str, float]) -> float:
    """The mean over seeds, to six significant digits.

    Example:
        >>> mean({"0": 1.0, "1": 2.0})
        1.5
    """
    return _rounded(statistics.fmean(values.values()))


def deviation(values: Mapping[str, float]) -> float | None:
    """The sample standard deviation (n - 1) over seeds, to six significant digits; None for a single seed.

    Example:
        >>> deviation({"0": 1.0, "1": 2.0})
        0.707107
    """
    return _rounded(statistics.stdev(values.values())) if len(values) > 1 else None


def measurements(subject: str, content: Mapping[str, Any]) -> dict[str, Measurement]:
    """The measurements of one subject, from a metrics file that also has replicates.

    Returns:
        Seed -> measurement.
    """
    return {
        seed: Measurement(
            {record["metric"]: record["value"] for record in content["records"] if record["seed"] == seed},
            {metric: np.array(values) for metric, values in left_out.items()},
        )
        for seed, left_out in content["replicates"][subject].items()
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


def _records(measurements: Measurements) -> Iterator[Record]:
    for subject, seeds in measurements.items():
        for metric in dict.fromkeys(name for one in seeds.values() for name in one.metrics):
            for seed, one in seeds.items():
                if metric in one.metrics:
                    value = one.metrics[metric]
                    if not math.isfinite(value):
                        raise LatenteError(f"{metric} of {subject} is not finite for seed {seed}")
                    yield Record(subject=subject, seed=seed, metric=metric, value=_rounded(value))


def _headlines(stage: str, measurements: Measurements) -> dict[str, Any]:
    """`{stage: {model: {metric: mean}}}` for the headline metrics of a stage; empty if it has none."""
    metrics = [name.partition(".")[2] for name in SHOWN_BY_DVC if name.startswith(f"{stage}.")]
    models = {
        subject: {
            metric: mean({seed: one.metrics[metric] for seed, one in seeds.items()})
            for metric in metrics
            if all(metric in one.metrics for one in seeds.values())
        }
        for subject, seeds in measurements.items()
        if all(seed.isdigit() for seed in seeds)
    }
    return {stage: models} if metrics else {}


def _finite(values: Any, name: str) -> list[float]:
    if not all(math.isfinite(value) for value in values):
        raise LatenteError(f"{name} is not finite without some group of images")
    return [float(f"{value:.9g}") for value in values]


def _rounded(value: float) -> float:
    return float(f"{value:.6g}")
