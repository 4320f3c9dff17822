"""Analyse the centroids."""

from latente import judge, latents, models, paths, threads
from latente.analyses import centroids as analysis
from latente.data import splits
from latente.params import Params
from latente.stage import Run, stage


@stage
def centroids(run: Run, params: Params) -> None:
    """Decode the mean code of each class, and compare the images between models."""
    threads.limit(params.compute.threads)
    images = splits.load(run.read(paths.raw()), params.split)
    nets, codes = run.each(models.load, paths.weights), run.each(latents.load, paths.latents)
    classifier = judge.load(run.read(paths.judge()))
    run.result(analysis.analyse(nets, codes, images.train, classifier))


if __name__ == "__main__":
    centroids()
