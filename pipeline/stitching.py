"""Analyse how well a decoder can use the codes of another model, after a linear map."""

from latente.analyses import stitching as analysis
from latente.codes import latents
from latente.data import splits
from latente.determinism import threads
from latente.measures.judge import ensemble
from latente.models.network import weights
from latente.project import paths
from latente.project.params import Params
from latente.stages.stage import Context, stage


@stage
def stitching(context: Context, params: Params) -> None:
    """Decode the codes of every model with the decoders of other models, after a linear map."""
    threads.limit(params.compute.threads)
    options = params.analysis("stitching", analysis.Options)
    images = splits.load(context.read(paths.raw()), params.split)
    nets, codes = context.each(weights.load, paths.weights), context.each(latents.load, paths.latents)
    classifier = ensemble.load(context.read(paths.judge()))
    context.result(analysis.analyse(nets, codes, images.test, classifier, options))


if __name__ == "__main__":
    stitching()
