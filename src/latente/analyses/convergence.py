"""Convergence: the losses of every training, epoch by epoch."""

from typing import Annotated

import pandas as pd
from matplotlib.figure import Figure
from pydantic import Field

from latente.project.types import Section
from latente.results import figures
from latente.results.grid import Grid
from latente.results.labels import label
from latente.results.measurement import Measurement
from latente.results.result import Result


class Options(Section):
    """How many of the last epochs `last_gain` looks back."""

    last: Annotated[int, Field(ge=1, le=10_000)]


def analyse(curves: Grid[pd.DataFrame], options: Options) -> Result:
    """The validation loss of the best epoch, and whether it still fell at the end.

    Args:
        curves: A row an epoch, with `epoch`, `train_loss` and `validation_loss` in nats per image.
        options: Look-back.

    Returns:
        best_epoch; validation_loss and train_loss at it (lower is better; between models they compare only if the
        objective is the same); last_gain: how much the best validation loss fell over the last epochs, in nats per
        image: near zero once a training has converged.
    """
    return Result(curves.map(lambda curve: _measured(curve, options.last)).by_name, {"curves": _draw(curves)})


def _measured(curve: pd.DataFrame, last: int) -> Measurement:
    best = curve.iloc[int(curve["validation_loss"].to_numpy().argmin())]
    before = curve["validation_loss"].iloc[: max(1, len(curve) - last)].min()
    return Measurement(
        {
            "best_epoch": float(best["epoch"]),
            "validation_loss": float(best["validation_loss"]),
            "train_loss": float(best["train_loss"]),
            "last_gain": float(before - best["validation_loss"]),
        }
    )


def _draw(curves: Grid[pd.DataFrame]) -> Figure:
    drawn = figures.figure(3.2)
    panels = drawn.subplots(1, len(curves), squeeze=False)[0]
    for axes, (model, seeds) in zip(panels, curves.items(), strict=True):
        parts = {"train": "train_loss", "validation": "validation_loss"}
        named = {name: [curve[column].to_numpy() for curve in seeds.values()] for name, column in parts.items()}
        figures.lines(axes, named)
        settled = min(float(curve["validation_loss"].min()) for curve in seeds.values())
        axes.set(xlabel="epoch", ylabel="loss (nats per image)", ylim=(settled * 0.93, settled * 1.35))
        axes.set_title(label(model), fontsize=10)
        axes.legend()
    return drawn
