"""Analyse the geometry of the latent spaces."""

from latente import latents, paths, threads
from latente.analyses import geometry as analysis
from latente.data import splits
from latente.params import Params
from latente.stage import Run, stage


@stage
def geometry(run: Run, params: Params) -> None:
    """Measure every latent space, and how different any two are."""
    threads.limit(params.compute.threads)
    options = params.analysis("geometry", analysis.Options)
    images = splits.load(run.read(paths.raw()), params.split)
    run.result(analysis.analyse(run.each(latents.load, paths.latents), images.test, options))


if __name__ == "__main__":
    geometry()
