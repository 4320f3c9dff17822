"""Metrics along one parameter, from rows that differ only in it."""

import json
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from latente.errors import LatenteError
from latente.results import figures
from latente.results.labels import colour, label
from latente.study import tables
from latente.study.rows import Row

_OWN = ("model", "seed")

Curve = dict[float, list[Row]]
"""Value of the parameter -> rows, one for each seed."""


@dataclass(frozen=True)
class Sweep:
    """Rows that differ only in one parameter, the model and the seed.

    Attributes:
        key: Dotted name of the parameter.
        models: Model -> its curve, in ascending order of the parameter.
    """

    key: str
    models: dict[str, Curve]

    def table(self, metrics: Sequence[str]) -> str:
        """Mean and standard deviation over seeds of every model at every value, as text."""
        lines = [
            [f"{x:g}", model, *(_cell(rows, metric) for metric in metrics)]
            for model, curve in self.models.items()
            for x, rows in curve.items()
        ]
        return tables.render("text", [self.key, "model", *metrics], lines)

    def to_png(self, metrics: Sequence[str]) -> bytes:
        """A panel for every metric: a dot for each seed, and a line through the means over seeds of each model."""
        figure = figures.figure(2.6 * len(metrics) + 0.6, width=6.5)
        panels = figure.subplots(len(metrics), squeeze=False, sharex=True).flat
        for axes, metric in zip(panels, metrics, strict=True):
            for index, (model, curve) in enumerate(self.models.items()):
                _draw(axes, metric, curve, label(model), colour(index))
            self._scale(axes)
            axes.set_ylabel(metric)
        figure.axes[-1].set_xlabel(self.key)
        handles, labels = figure.axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper center", ncols=2, frameon=False)
        return figures.to_png(figure)

    def _scale(self, axes: Axes) -> None:
        values = sorted({x for curve in self.models.values() for x in curve})
        if values[0] > 0:
            axes.set_xscale("log")
            axes.minorticks_off()
        axes.set_xticks(values, [f"{x:g}" for x in values])


def along(key: str, rows: Sequence[Row], metrics: Sequence[str], values: Sequence[float] = ()) -> Sweep:
    """The sweep of the newest rows along one parameter.

    Args:
        key: Dotted name of a numeric parameter.
        rows: The newest first; rows without the parameter or a metric are left out.
        metrics: The metrics to show.
        values: The values of the parameter to show; by default all.

    Raises:
        LatenteError: No row has the parameter and the metrics, a value is not a number or has no row, or all rows have
            the same value.
    """
    having = [row for row in rows if key in row.params and all(metric in row.metrics for metric in metrics)]
    if not having:
        raise LatenteError(
            f"no row has the parameter {key} and the metrics {', '.join(metrics)}; see params.yaml for names, and "
            "choose other metrics with --metric"
        )
    newest = {row.model: row for row in reversed(having)}
    curves = {
        model: _curve(key, [row for row in having if _alike(row, first, key)], values)
        for model, first in newest.items()
    }
    missing = sorted({f"{x:g}" for x in values for curve in curves.values() if x not in curve})
    if missing:
        raise LatenteError(f"no rows for {key} = {', '.join(missing)} that differ only in it; did its experiment fail?")
    if all(len(curve) < 2 for curve in curves.values()):
        raise LatenteError(f"all rows that differ only in {key} have the same {key}: no sweep")
    return Sweep(key, curves)


def _curve(key: str, rows: Sequence[Row], values: Sequence[float]) -> Curve:
    """The newest row of every seed at every value, or at the named values."""
    seeds: dict[float, dict[int, Row]] = {}
    for row in rows:
        seeds.setdefault(_number(key, row.params[key]), {}).setdefault(row.seed, row)
    return {x: list(seeds[x].values()) for x in sorted(seeds) if not values or x in values}


def _alike(a: Row, b: Row, key: str) -> bool:
    """Whether two rows differ at most in a parameter and the seed."""
    own = {key, *_OWN}
    return (a.model, a.data) == (b.model, b.data) and all(
        a.params.get(name) == b.params.get(name) for name in {*a.params, *b.params} - own
    )


def _number(key: str, value: object) -> float:
    try:
        return float(json.loads(str(value)))
    except (TypeError, ValueError):
        raise LatenteError(f"{key} is {value}: a sweep needs numbers") from None


def _draw(axes: Axes, metric: str, curve: Curve, label: str, colour: str) -> None:
    seeds = [(x, row.metrics[metric]) for x, rows in curve.items() for row in rows]
    means = [statistics.fmean(row.metrics[metric] for row in rows) for rows in curve.values()]
    axes.plot(*zip(*seeds, strict=True), "o", color=colour, alpha=0.5, label=f"{label}, one seed")
    axes.plot(list(curve), means, "-", color=colour, label=f"{label}, mean over seeds")


def _cell(rows: Sequence[Row], metric: str) -> str:
    values = [row.metrics[metric] for row in rows]
    spread = f" ± {statistics.stdev(values):.2g}" if len(values) > 1 else ""
    return f"{statistics.fmean(values):.4g}{spread}"
