"""Analyse the convergence of the trainings."""

import pandas as pd

from latente.analyses import convergence as analysis
from latente.project import paths
from latente.project.params import Params
from latente.stages.stage import Context, stage


@stage
def convergence(context: Context, params: Params) -> None:
    """Draw the losses of every training, and measure whether they still fell at the end."""
    options = params.analysis("convergence", analysis.Options)
    curves = context.each(pd.read_csv, paths.curve)
    context.result(analysis.analyse(curves, options))
    context.write(paths.curves(), analysis.table(curves))


if __name__ == "__main__":
    convergence()
