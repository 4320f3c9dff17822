"""Analyse the projections to two dimensions."""

from latente.analyses import projection as analysis
from latente.codes import latents
from latente.data import description
from latente.determinism import threads
from latente.project import paths
from latente.project.params import Params
from latente.stages.stage import Context, stage


@stage
def projection(context: Context, params: Params) -> None:
    """Draw the test codes in two dimensions, with PCA and with t-SNE."""
    threads.limit(params.compute.threads)
    options = params.analysis("projection", analysis.Options)
    names = description.load(context.read(paths.raw())).classes
    context.result(analysis.analyse(context.each(latents.load, paths.latents), names, options))


if __name__ == "__main__":
    projection()
