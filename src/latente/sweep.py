"""How metrics depend on one parameter, from the rows that differ in nothing else."""

import json
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from latente import figures, tables
from latente.errors import LatenteError
from latente.rows import Row

_OWN = ("model", "seed")

Points = dict[float, list[Row]]
"""Value of the parameter -> rows, one a seed."""


@dataclass(frozen=True)
class Sweep:
    """Rows that differ in one parameter, the model and the seed alone.

    Attributes:
        key: Dotted name of the parameter.
        models: Model -> its points, by ascending value.
    """

    key: str
    models: dict[str, Points]

    def table(self, metrics: Sequence[str]) -> str:
        """Mean and standard deviation over seeds of every model at every value, as text."""
        lines = [
            [f"{x:g}", model, *(_cell(found, metric) for metric in metrics)]
            for model, points in self.models.items()
            for x, found in points.items()
        ]
        return tables.render("text", [self.key, "model", *metrics], lines)

    def to_png(self, metrics: Sequence[str]) -> bytes:
        """A panel for every metric: each seed a dot, the mean of a model's seeds a line."""
        drawn = figures.figure(2.6 * len(metrics) + 0.6, width=6.5)
        panels = drawn.subplots(len(metrics), squeeze=False, sharex=True).flat
        for axes, metric in zip(panels, metrics, strict=True):
            for index, (model, points) in enumerate(self.models.items()):
                _draw(axes, metric, points, figures.label(model), figures.colour(index))
            self._scale(axes)
            axes.set_ylabel(metric)
        drawn.axes[-1].set_xlabel(self.key)
        handles, labels = drawn.axes[0].get_legend_handles_labels()
        drawn.legend(handles, labels, loc="outside upper center", ncols=2, frameon=False)
        return figures.to_png(drawn)

    def _scale(self, axes: Axes) -> None:
        values = sorted({x for points in self.models.values() for x in points})
        if values[0] > 0:
            axes.set_xscale("log")
            axes.minorticks_off()
        axes.set_xticks(values, [f"{x:g}" for x in values])


def along(key: str, rows: Sequence[Row], metrics: Sequence[str], values: Sequence[float] = ()) -> Sweep:
    """The sweep that the newest rows belong to.

    Args:
        key: Dotted name of a numeric parameter.
        rows: The newest first; those without the parameter or a metric are left out.
        metrics: To be shown.
        values: Of the parameter, to be shown; all there are, if none is named.

    Raises:
        LatenteError: No row has the parameter and the metrics, a value is no number or has no row, or all are the same.
    """
    having = [row for row in rows if key in row.params and all(metric in row.metrics for metric in metrics)]
    if not having:
        raise LatenteError(
            f"no row has the parameter {key} and the metrics {', '.join(metrics)}; see params.yaml for names"
        )
    models = {row.model: row for row in reversed(having)}  # the newest of each
    found = {
        model: _points(key, [row for row in having if _alike(row, newest, key)]) for model, newest in models.items()
    }
    wanted = {
        model: {x: at for x, at in points.items() if not values or x in values} for model, points in found.items()
    }
    missing = sorted({f"{x:g}" for x in values for points in wanted.values() if x not in points})
    if missing:
        raise LatenteError(
            f"no rows for {key} = {', '.join(missing)} that differ in nothing else; did its experiment fail?"
        )
    if all(len(points) < 2 for points in wanted.values()):
        raise LatenteError(f"all rows that differ in nothing but {key} have the same {key}: no sweep")
    return Sweep(key, wanted)


def _points(key: str, rows: Sequence[Row]) -> Points:
    points: dict[float, dict[int, Row]] = {}
    for row in rows:
        points.setdefault(_number(key, row.params[key]), {}).setdefault(row.seed, row)
    return {x: list(points[x].values()) for x in sorted(points)}


def _alike(a: Row, b: Row, key: str) -> bool:
    own = {key, *_OWN}
    return (a.model, a.data) == (b.model, b.data) and all(
        a.params.get(name) == b.params.get(name) for name in {*a.params, *b.params} - own
    )


def _number(key: str, value: object) -> float:
    try:
        return float(json.loads(str(value)))
    except (TypeError, ValueError):
        raise LatenteError(f"{key} is {value}: a sweep needs numbers") from None


def _draw(axes: Axes, metric: str, points: Points, label: str, colour: str) -> None:
    seeds = [(x, row.metrics[metric]) for x, found in points.items() for row in found]
    means = [statistics.fmean(row.metrics[metric] for row in found) for found in points.values()]
    axes.plot(*zip(*seeds, strict=True), "o", color=colour, alpha=0.5, label=f"{label}, one seed")
    axes.plot(list(points), means, "-", color=colour, label=f"{label}, mean over seeds")


def _cell(rows: Sequence[Row], metric: str) -> str:
    values = [row.metrics[metric] for row in rows]
    spread = f" ± {statistics.stdev(values):.2g}" if len(values) > 1 else ""
    return f"{statistics.fmean(values):.4g}{spread}"
