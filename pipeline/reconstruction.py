"""Analyse reconstruction."""

from latente.analyses import reconstruction as analysis
from latente.data import splits
from latente.determinism import threads
from latente.models.network import weights
from latente.project import paths
from latente.project.params import Params
from latente.stages.stage import Context, stage


@stage
def reconstruction(context: Context, params: Params) -> None:
    """Measure how well every model reconstructs the test images."""
    threads.limit(params.compute.threads)
    options = params.analysis("reconstruction", analysis.Options)
    images = splits.load(context.read(paths.raw()), params.split)
    nets = context.each(weights.load, paths.weights)
    context.result(analysis.analyse(nets, images, options))


if __name__ == "__main__":
    reconstruction()
