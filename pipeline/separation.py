"""Analyse the separation of the classes."""

from latente import latents, paths, threads
from latente.analyses import separation as analysis
from latente.data import splits
from latente.params import Params
from latente.stage import Run, stage


@stage
def separation(run: Run, params: Params) -> None:
    """Measure how well the classes separate in every latent space, and in pixels."""
    threads.limit(params.compute.threads)
    options = params.analysis("separation", analysis.Options)
    images = splits.load(run.read(paths.raw()), params.split)
    run.result(analysis.analyse(run.each(latents.load, paths.latents), images, options))


if __name__ == "__main__":
    separation()
