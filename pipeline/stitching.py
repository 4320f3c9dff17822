"""Analyse how far a linear map makes one latent space readable by another decoder."""

from latente import judge, latents, models, paths, threads
from latente.analyses import stitching as analysis
from latente.data import splits
from latente.params import Params
from latente.stage import Run, stage


@stage
def stitching(run: Run, params: Params) -> None:
    """Decode the codes of every model with the decoders of others, after a linear map."""
    threads.limit(params.compute.threads)
    options = params.analysis("stitching", analysis.Options)
    images = splits.load(run.read(paths.raw()), params.split)
    nets, codes = run.each(models.load, paths.weights), run.each(latents.load, paths.latents)
    classifier = judge.load(run.read(paths.judge()))
    run.result(analysis.analyse(nets, codes, images.test, classifier, options))


if __name__ == "__main__":
    stitching()
