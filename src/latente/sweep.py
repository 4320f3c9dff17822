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


@dataclass(frozen=True)
class Sweep:
    """Rows of one model that differ in one parameter and in the seed alone.

    Attributes:
        model: Whose rows.
        key: Dotted name of the parameter.
        points: Value of the parameter -> rows, one a seed.
    """

    model: str
    key: str
    points: dict[float, list[Row]]

    def table(self, metrics: Sequence[str]) -> str:
        """Mean and standard deviation over seeds at every value, as text."""
        lines = [[f"{x:g}", *(self._cell(metric, x) for metric in metrics)] for x in self.points]
        return tables.render("text", [self.key, *metrics], lines)

    def to_png(self, metrics: Sequence[str]) -> bytes:
        """A panel for every metric: each seed a dot, their mean a line."""
        drawn = figures.figure(2.6 * len(metrics) + 0.6, width=6.5)
        panels = drawn.subplots(len(metrics), squeeze=False, sharex=True).flat
        for axes, metric in zip(panels, metrics, strict=True):
            self._draw(axes, metric)
        drawn.axes[-1].set_xlabel(self.key)
        handles, labels = drawn.axes[0].get_legend_handles_labels()
        drawn.legend(
            handles, labels, title=figures.label(self.model), loc="outside upper center", ncols=2, frameon=False
        )
        return figures.to_png(drawn)

    def _draw(self, axes: Axes, metric: str) -> None:
        seeds = [(x, row.metrics[metric]) for x, found in self.points.items() for row in found]
        means = [statistics.fmean(self._values(metric, x)) for x in self.points]
        axes.plot(*zip(*seeds, strict=True), "o", color=figures.colour(0), alpha=0.5, label="one seed")
        axes.plot(list(self.points), means, "-", color=figures.colour(0), label="mean over seeds")
        axes.set_ylabel(metric)
        if min(self.points) > 0:
            axes.set_xscale("log")
            axes.minorticks_off()
        axes.set_xticks(list(self.points), [f"{x:g}" for x in self.points])

    def _cell(self, metric: str, x: float) -> str:
        values = self._values(metric, x)
        spread = f" ± {statistics.stdev(values):.2g}" if len(values) > 1 else ""
        return f"{statistics.fmean(values):.4g}{spread}"

    def _values(self, metric: str, x: float) -> list[float]:
        return [row.metrics[metric] for row in self.points[x]]


def along(key: str, rows: Sequence[Row], metrics: Sequence[str]) -> Sweep:
    """The sweep that the newest row belongs to.

    Args:
        key: Dotted name of a numeric parameter.
        rows: The newest first; those without the parameter are left out.
        metrics: That each row must have.

    Raises:
        LatenteError: No row has the parameter, the newest differs from all others in more than that, its value is no
            number, or a metric is missing.
    """
    having = [row for row in rows if key in row.params]
    if not having:
        raise LatenteError(f"no row has the parameter {key}; `latente publish`, or see params.yaml for its name")
    alike = [row for row in having if _rest(row, key) == _rest(having[0], key)]
    missing = sorted({metric for metric in metrics for row in alike if metric not in row.metrics})
    if missing:
        raise LatenteError(f"rows of {having[0].model} have no metric {', '.join(missing)}")
    points: dict[float, dict[int, Row]] = {}
    for row in alike:
        points.setdefault(_number(key, row.params[key]), {}).setdefault(row.seed, row)
    if len(points) < 2:
        raise LatenteError(f"all rows that differ in nothing but {key} have {key} = {having[0].params[key]}: no sweep")
    return Sweep(having[0].model, key, {x: list(points[x].values()) for x in sorted(points)})


def _rest(row: Row, key: str) -> tuple[str, dict[str, object]]:
    return row.model, {name: value for name, value in row.params.items() if name not in (key, *_OWN)}


def _number(key: str, value: object) -> float:
    try:
        return float(json.loads(str(value)))
    except (TypeError, ValueError):
        raise LatenteError(f"{key} is {value}: a sweep needs numbers") from None
