"""The main numbers of each model as a table."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from documents.markdown import table
from latente.report.numbers import cell
from latente.results.labels import label


class Line(NamedTuple):
    """A line of the table.

    Attributes:
        text: What a reader calls the metric, with its unit and direction.
        name: Its full name, with `MODEL` in place of the subject.
        digits: Decimals.
    """

    text: str
    name: str
    digits: int


LINES = (
    Line("squared error per pixel ↓", "reconstruction.MODEL.mse", 4),
    Line("distortion, nats ↓", "reconstruction.MODEL.distortion", 1),
    Line("rate, nats", "reconstruction.MODEL.rate", 1),
    Line("log-likelihood, nats ↑", "reconstruction.MODEL.log_likelihood", 1),
    Line("centroid images: correlation with the pixel mean", "centroids.MODEL.pixel_mean_correlation", 3),
    Line("samples of the prior that the judge accepts ↑", "prior.MODEL.standard.accepted", 3),
    Line("samples of a fitted mixture that the judge accepts ↑", "prior.MODEL.mixture.accepted", 3),
    Line("Fréchet distance, samples of the prior ↓", "prior.MODEL.standard.fid", 0),
    Line("Fréchet distance, samples of a fitted mixture ↓", "prior.MODEL.mixture.fid", 0),
    Line("silhouette ↑", "separation.MODEL.silhouette", 3),
    Line("kNN accuracy ↑", "separation.MODEL.knn_accuracy", 3),
    Line("accuracy of a linear probe ↑", "separation.MODEL.linear_probe", 3),
    Line("k-means ARI ↑", "separation.MODEL.kmeans_ari", 3),
    Line("active units", "geometry.MODEL.active_units", 1),
    Line("intrinsic dimension (TwoNN)", "geometry.MODEL.intrinsic_dimension", 1),
)
"""The lines of the table, in its order."""


def overview(metrics: Mapping[str, Mapping[str, float]], models: Sequence[str]) -> str:
    """Mean ± sample standard deviation over seeds of the main metrics.

    Args:
        metrics: Full name -> seed -> value.
        models: The columns.

    Returns:
        A Markdown table; a dash where a model lacks a metric.
    """
    head = ["metric", *(label(model) for model in models), "full name"]
    return table(head, [[line.text, *_cells(line, metrics, models), f"`{line.name}`"] for line in LINES])


def _cells(line: Line, metrics: Mapping[str, Mapping[str, float]], models: Sequence[str]) -> list[str]:
    return [cell(metrics.get(line.name.replace("MODEL", model)), line.digits) for model in models]
