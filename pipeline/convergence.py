"""Analyse the trainings."""

import pandas as pd

from latente import paths
from latente.analyses import convergence as analysis
from latente.params import Params
from latente.stage import Run, stage


@stage
def convergence(run: Run, params: Params) -> None:
    """Draw the losses of every training, and measure whether they still fell at the end."""
    options = params.analysis("convergence", analysis.Options)
    run.result(analysis.analyse(run.each(pd.read_csv, paths.curve), options))


if __name__ == "__main__":
    convergence()
