"""Analyse the gap between codes and prior."""

from latente import judge, latents, models, paths, threads
from latente.analyses import gap as analysis
from latente.params import Params
from latente.stage import Run, stage


@stage
def gap(run: Run, params: Params) -> None:
    """Measure how far the codes are from the prior, and whether that tells which samples are accepted."""
    threads.limit(params.compute.threads)
    options = params.analysis("gap", analysis.Options)
    nets, codes = run.each(models.load, paths.weights), run.each(latents.load, paths.latents)
    run.result(analysis.analyse(nets, codes, judge.load(run.read(paths.judge())), options))


if __name__ == "__main__":
    gap()
