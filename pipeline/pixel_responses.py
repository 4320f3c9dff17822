"""Record what needs no model: mixtures of pixels, and examples of corrupted images."""

from latente.analyses import responses as analysis
from latente.data import splits
from latente.determinism import threads
from latente.measures.judge import ensemble
from latente.project import paths
from latente.project.params import Params
from latente.stages.stage import Context, stage


@stage
def pixel_responses(context: Context, params: Params) -> None:
    """Mix the pixels of two images, and ask the judge: the baseline of the paths in latent spaces."""
    threads.limit(params.compute.threads)
    options = params.analysis("responses", analysis.Options)
    images = splits.load(context.read(paths.raw()), params.split)
    judge = ensemble.load(context.read(paths.judge()))
    context.write(paths.pixel_responses(), analysis.mix(images.test, judge, options).to_bytes())


if __name__ == "__main__":
    pixel_responses()
