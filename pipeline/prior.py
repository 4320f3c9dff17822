"""Analyse generated images."""

from latente.analyses import prior as analysis
from latente.codes import latents
from latente.data import splits
from latente.determinism import threads
from latente.measures.judge import ensemble
from latente.models.network import weights
from latente.project import paths
from latente.project.params import Params
from latente.stages.stage import Context, stage


@stage
def prior(context: Context, params: Params) -> None:
    """Decode codes drawn from the prior and from fitted densities, and score the images."""
    threads.limit(params.compute.threads)
    options = params.analysis("prior", analysis.Options)
    images = splits.load(context.read(paths.raw()), params.split)
    nets, codes = context.each(weights.load, paths.weights), context.each(latents.load, paths.latents)
    classifier = ensemble.load(context.read(paths.judge()))
    context.result(analysis.analyse(nets, codes, images, classifier, options))


if __name__ == "__main__":
    prior()
