"""Analyse what the latent spaces hold besides the classes."""

from latente.analyses import representation as analysis
from latente.codes import latents
from latente.data import splits
from latente.determinism import threads
from latente.project import paths
from latente.project.params import Params
from latente.stages.stage import Context, stage


@stage
def representation(context: Context, params: Params) -> None:
    """Measure what codes tell of thickness, slant and other factors, and what neighbours have in common."""
    threads.limit(params.compute.threads)
    options = params.analysis("representation", analysis.Options)
    images = splits.load(context.read(paths.raw()), params.split)
    context.result(analysis.analyse(context.each(latents.load, paths.latents), images, options))


if __name__ == "__main__":
    representation()
