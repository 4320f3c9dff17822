"""Analyse the centroids."""

from latente.analyses import centroids as analysis
from latente.codes import latents
from latente.data import splits
from latente.determinism import threads
from latente.measures.judge import ensemble
from latente.models.network import weights
from latente.project import paths
from latente.project.params import Params
from latente.stages.stage import Context, stage


@stage
def centroids(context: Context, params: Params) -> None:
    """Decode the mean code of each class, and compare the images between models."""
    threads.limit(params.compute.threads)
    images = splits.load(context.read(paths.raw()), params.split)
    nets, codes = context.each(weights.load, paths.weights), context.each(latents.load, paths.latents)
    classifier = ensemble.load(context.read(paths.judge()))
    context.result(analysis.analyse(nets, codes, images.train, classifier))


if __name__ == "__main__":
    centroids()
