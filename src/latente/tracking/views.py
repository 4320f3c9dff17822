"""The views of the results in the MLflow UI: columns, groups and charts, stored as tags of the experiment.

The UI keeps a shared view in an experiment tag `mlflow.sharedViewState.NAME`, and opens it with
`?viewStateShareKey=NAME`.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from latente.study.rows import HEADLINES, Study

_SHARED = "mlflow.sharedViewState."
_ACROSS = (  # metrics that every model has; a parallel chart leaves out a row that lacks one
    "reconstruction.mse",
    "separation.silhouette",
    "separation.knn_accuracy",
    "separation.kmeans_ari",
    "prior.standard.fid",
    "prior.standard.accepted",
)
_PLAIN: dict[str, Any] = {
    "searchFilter": "tags.kind = 'row' and attributes.status = 'FINISHED'",
    "orderByKey": "metrics.`separation.silhouette`",  # by date, the UI would fold the rows below their studies
    "orderByAsc": False,
    "startTime": "ALL",
    "lifecycleFilter": "Active",
    "datasetsFilter": [],
    "modelVersionFilter": "All Runs",
    "columnOrder": [],
    "columnWidths": {},
    "runsExpanded": {},
    "runsPinned": [],
    "runsHidden": [],
    "runsVisibilityMap": {},
    "runsHiddenMode": "FIRST_20_RUNS",
    "viewMaximized": False,
    "runListHidden": False,
    "isAccordionReordered": False,
    "useGroupedValuesInCharts": True,
    "hideEmptyCharts": True,
    "groupBy": None,
    "groupsExpanded": {},
    "autoRefreshEnabled": False,
    "globalLineChartConfig": {"xAxisKey": "step", "lineSmoothness": 0, "selectedXAxisMetricKey": ""},
}

_PAGE = "#/experiments/{experiment}/runs?viewStateShareKey="
NOTE = f"""\
**A row is one trained model.** Open: [rows]({_PAGE}rows) · [seeds grouped]({_PAGE}models) · [studies]({_PAGE}studies) \
· [league]({_PAGE}league) · [charts]({_PAGE}charts&compareRunsMode=CHART)

A row has every parameter that its model depends on and every metric of it, in one state of the pipeline. Its parent \
is the study: all models and seeds of that state, with means, standard deviations and confidence intervals over seeds, \
figures and report. The view *league* has the trainings of the league too: every variant of the survey, under the \
names of the rows. `latente compare A B` shows what differs between two rows or two studies. Live curves are in the \
experiment `latente/stages`.
"""


def tags(study: Study) -> dict[str, str]:
    """The views as experiment tags, with the models and metrics of a study."""
    views = {"charts": _charts(), "models": _models(study), "rows": _rows(study), "studies": _studies(study)}
    views["league"] = _league()
    return {f"{_SHARED}{name}": json.dumps(_PLAIN | view, separators=(",", ":")) for name, view in views.items()}


def _rows(study: Study) -> dict[str, Any]:
    identity = [_column("tags", name) for name in ("model", "seed")]
    links = [_column("attributes", name) for name in ("Models", "Dataset")]
    origin = [_column("tags", name) for name in ("commit", "dvc.exp")]
    return _table([*identity, *_columns("metrics", HEADLINES), *_columns("params", _shape(study)), *links, *origin])


def _models(study: Study) -> dict[str, Any]:
    keys = [{"mode": "param", "groupByData": name} for name in ("model", *_shape(study))]
    grouped = {"aggregateFunction": "average", "groupByKeys": keys}
    return _table(_columns("metrics", HEADLINES)) | {"groupBy": grouped}


def _league() -> dict[str, Any]:
    """The trainings of studies and of the league, grouped by model and beta."""
    metrics = ("separation.silhouette", "separation.knn_accuracy", "separation.probe.1", "reconstruction.mse")
    generated = (f"prior.{density}.{metric}" for density in ("standard", "mixture") for metric in ("accepted", "fid"))
    keys = [{"mode": "param", "groupByData": name} for name in ("model", "models.vae.beta")]
    return {
        **_table(_columns("metrics", [*metrics, *generated])),
        "searchFilter": "tags.kind != 'study' and tags.kind != 'league' and attributes.status = 'FINISHED'",
        "groupBy": {"aggregateFunction": "average", "groupByKeys": keys},
    }


def _studies(study: Study) -> dict[str, Any]:
    models = dict.fromkeys(row.model for row in study.rows)
    means = [name for metric in HEADLINES for model in models if (name := _full(metric, model)) in study.metrics]
    origin = [_column("tags", name) for name in ("commit", "dirty", "dvc.exp")]
    table = _table([*_columns("metrics", means), *_columns("params", ("study.seeds", *_shape(study))), *origin])
    return {**table, "searchFilter": "tags.kind = 'study'", "orderByKey": "attributes.start_time"}


def _full(metric: str, model: str) -> str:
    """The name of a mean over seeds in a study.

    Example:
        >>> _full("separation.silhouette", "vae")
        'separation.vae.silhouette.mean'
    """
    stage, name = metric.split(".", 1)
    return f"{stage}.{model}.{name}.mean"


def _shape(study: Study) -> list[str]:
    """The parameters that studies change most often."""
    return ["study.latent_dim", "train.epochs", *(name for name in study.params if name.startswith("models."))]


def _charts() -> dict[str, Any]:
    axes = {"selectedParams": ["model"], "selectedMetrics": list(_ACROSS), "showAllRuns": True}
    pairs = [
        ("reconstruction.distortion", "separation.silhouette"),
        ("reconstruction.rate", "reconstruction.distortion"),
        ("prior.standard.fid", "separation.silhouette"),
    ]
    scatters = [
        _chart("pairs", f"{x} {y}", "SCATTER", {"xaxis": _axis(x), "yaxis": _axis(y), "runsCountToCompare": 100})
        for x, y in pairs
    ]
    bars = [_chart("bars", name, "BAR", {"metricKey": name, "displayName": name}) for name in HEADLINES]
    return {
        "selectedColumns": [_column("tags", "model")],
        "compareRunCharts": [_chart("parallel", "all", "PARALLEL", axes), *scatters, *bars],
        "isAccordionReordered": True,  # otherwise, the UI sorts the sections by name
        "compareRunSections": [
            _section("pairs", "Two metrics against each other", columns=3),
            _section("parallel", "Every row across the headline metrics", columns=1),
            _section("bars", "One metric, row by row", columns=3),
            _section("rest", "Model metrics", columns=3) | {"display": False, "isGenerated": True},
        ],
    }


def _table(columns: list[str]) -> dict[str, Any]:
    return {"selectedColumns": columns, "columnOrder": columns, "columnWidths": dict.fromkeys(columns, 150)}


def _section(uuid: str, name: str, columns: int) -> dict[str, Any]:
    return {"uuid": uuid, "name": name, "columns": columns, "display": True, "isReordered": True, "isGenerated": False}


def _chart(section: str, name: str, kind: str, rest: Mapping[str, Any]) -> dict[str, Any]:
    uuid = f"{section} {name}"
    return {"uuid": uuid, "type": kind, "metricSectionId": section, "deleted": False, "isGenerated": False, **rest}


def _axis(metric: str) -> dict[str, str]:
    return {"key": metric, "type": "METRIC"}


def _columns(kind: str, names: Sequence[str]) -> list[str]:
    return [_column(kind, name) for name in names]


def _column(kind: str, name: str) -> str:
    return f"{kind}.`{name}`"
