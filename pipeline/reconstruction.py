"""Analyse reconstruction."""

from latente import models, paths, threads
from latente.analyses import reconstruction as analysis
from latente.data import splits
from latente.params import Params
from latente.stage import Run, stage


@stage
def reconstruction(run: Run, params: Params) -> None:
    """Measure how well every model reconstructs the test images."""
    threads.limit(params.compute.threads)
    options = params.analysis("reconstruction", analysis.Options)
    images = splits.load(run.read(paths.raw()), params.split)
    nets = run.each(models.load, paths.weights)
    run.result(analysis.analyse(nets, images, options))


if __name__ == "__main__":
    reconstruction()
