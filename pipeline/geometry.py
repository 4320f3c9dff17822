"""Analyse the geometry of the latent spaces."""

from latente.analyses import geometry as analysis
from latente.codes import latents
from latente.data import splits
from latente.determinism import threads
from latente.project import paths
from latente.project.params import Params
from latente.stages.stage import Context, stage


@stage
def geometry(context: Context, params: Params) -> None:
    """Measure every latent space, and compare pairs of latent spaces."""
    threads.limit(params.compute.threads)
    options = params.analysis("geometry", analysis.Options)
    images = splits.load(context.read(paths.raw()), params.split)
    context.result(analysis.analyse(context.each(latents.load, paths.latents), images.test, options))


if __name__ == "__main__":
    geometry()
