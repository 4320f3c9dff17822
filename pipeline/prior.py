"""Analyse generation."""

from latente import judge, latents, models, paths, threads
from latente.analyses import prior as analysis
from latente.data import splits
from latente.params import Params
from latente.stage import Run, stage


@stage
def prior(run: Run, params: Params) -> None:
    """Decode codes drawn from the prior and from fitted densities, and score the digits."""
    threads.limit(params.compute.threads)
    options = params.analysis("prior", analysis.Options)
    images = splits.load(run.read(paths.raw()), params.split)
    nets, codes = run.each(models.load, paths.weights), run.each(latents.load, paths.latents)
    classifier = judge.load(run.read(paths.judge()))
    run.result(analysis.analyse(nets, codes, images, classifier, options))


if __name__ == "__main__":
    prior()
