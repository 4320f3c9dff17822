"""Analyse what the latent spaces hold besides the classes."""

from latente.analyses import representation as analysis
from latente.codes import latents, responses
from latente.data import splits
from latente.determinism import threads
from latente.project import paths
from latente.project.params import Params
from latente.stages.stage import Context, stage


@stage
def representation(context: Context, params: Params) -> None:
    """Measure factors, neighbourhoods, robustness, foreign images and paths in every latent space."""
    threads.limit(params.compute.threads)
    options = params.analysis("representation", analysis.Options)
    images = splits.load(context.read(paths.raw()), params.split)
    codes, found = context.each(latents.load, paths.latents), context.each(responses.load, paths.responses)
    pixels = responses.load_pixels(context.read(paths.pixel_responses()))
    context.result(analysis.analyse(codes, found, pixels, images, options))


if __name__ == "__main__":
    representation()
