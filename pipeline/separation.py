"""Analyse the separation of the classes."""

from latente.analyses import separation as analysis
from latente.codes import latents
from latente.data import splits
from latente.determinism import threads
from latente.project import paths
from latente.project.params import Params
from latente.stages.stage import Context, stage


@stage
def separation(context: Context, params: Params) -> None:
    """Measure how well the classes separate in every latent space, and in pixels."""
    threads.limit(params.compute.threads)
    options = params.analysis("separation", analysis.Options)
    images = splits.load(context.read(paths.raw()), params.split)
    context.result(analysis.analyse(context.each(latents.load, paths.latents), images, options))


if __name__ == "__main__":
    separation()
