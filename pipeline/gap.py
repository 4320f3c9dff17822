"""Analyse the gap between the codes and the prior."""

from latente.analyses import gap as analysis
from latente.codes import latents
from latente.determinism import threads
from latente.measures.judge import ensemble
from latente.models.network import weights
from latente.project import paths
from latente.project.params import Params
from latente.stages.stage import Context, stage


@stage
def gap(context: Context, params: Params) -> None:
    """Measure the distance between codes and prior, and whether it predicts which samples the judge accepts."""
    threads.limit(params.compute.threads)
    options = params.analysis("gap", analysis.Options)
    nets, codes = context.each(weights.load, paths.weights), context.each(latents.load, paths.latents)
    context.result(analysis.analyse(nets, codes, ensemble.load(context.read(paths.judge())), options))


if __name__ == "__main__":
    gap()
