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
    """Number of last epochs that `last_gain` covers."""

    last: Annotated[int, Field(ge=1, le=10_000)]


def analyse(curves: Grid[pd.DataFrame], options: Options) -> Result:
    """Measure the lowest validation loss, and whether it still fell at the end of the training.

    Args:
        curves: One row per epoch, with `epoch`, `train_loss` and `validation_loss` in nats per image.
        options: Number of last epochs.

    Returns:
        best_epoch: Epoch with the lowest validation loss.
        validation_loss, train_loss: Losses of that epoch, in nats per image; lower is better. They are comparable only
            between models with the same objective.
        last_gain: Decrease of the best validation loss over the last epochs, in nats per image. It is near zero once a
            training has converged.
    """
    return Result(curves.map(lambda curve: _measured(curve, options.last)).by_name, {"curves": _draw(curves)})


def table(curves: Grid[pd.DataFrame]) -> bytes:
    """The losses of all trainings as CSV: model, seed, and the columns of the curves.

    A cell is empty if the model does not have that loss.
    """
    parts = [curve.assign(model=model, seed=seed) for model, seeds in curves.items() for seed, curve in seeds.items()]
    whole = pd.concat(parts)
    return whole[["model", "seed", *whole.columns.drop(["model", "seed"])]].to_csv(index=False).encode()


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
