"""Analyse what codes do away from the training images."""

from latente.analyses import generalisation as analysis
from latente.codes import latents, responses
from latente.determinism import threads
from latente.project import paths
from latente.project.params import Params
from latente.stages.stage import Context, stage


@stage
def generalisation(context: Context, params: Params) -> None:
    """Measure every model on corrupted images, on foreign images and along straight paths."""
    threads.limit(params.compute.threads)
    options = params.analysis("generalisation", analysis.Options)
    codes, found = context.each(latents.load, paths.latents), context.each(responses.load, paths.responses)
    pixels = responses.load_pixels(context.read(paths.pixel_responses()))
    context.result(analysis.analyse(codes, found, pixels, options))


if __name__ == "__main__":
    generalisation()
