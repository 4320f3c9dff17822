"""Analyse the drawings."""

from latente import latents, paths, threads
from latente.analyses import projection as analysis
from latente.params import Params
from latente.stage import Run, stage


@stage
def projection(run: Run, params: Params) -> None:
    """Draw the test codes in two dimensions, by PCA and by t-SNE."""
    threads.limit(params.compute.threads)
    options = params.analysis("projection", analysis.Options)
    run.result(analysis.analyse(run.each(latents.load, paths.latents), options))


if __name__ == "__main__":
    projection()
