"""Measure one variant of the league."""

from latente.analyses import gap, prior, reconstruction
from latente.codes import encoding
from latente.data import description, splits
from latente.determinism import threads
from latente.measures.judge import ensemble
from latente.models.network import weights
from latente.project import paths
from latente.project.params import Params
from latente.results import records
from latente.results.grid import Grid
from latente.stages.stage import Context, stage
from latente.survey import league as measures
from latente.survey import settings


@stage
def variant(context: Context, params: Params, *, name: str) -> None:
    """Measure the trained models of one variant by analyses of the study, and write their headlines."""
    group = settings.load().league
    threads.limit(params.compute.threads)
    images = splits.load(context.read(paths.raw()), group.study(name).split)
    nets = Grid({name: {s: weights.load(context.read(paths.setting_weights(name, s))) for s in group.base.seeds}})
    codes = nets.map(lambda net: encoding.encode(net, images, params.encode.seed))
    judge = ensemble.load(context.read(paths.judge()))
    results = [
        reconstruction.analyse(nets, images, params.analysis("reconstruction", reconstruction.Options)),
        prior.analyse(nets, codes, images, judge, params.analysis("prior", prior.Options)),
        gap.analyse(nets, codes, judge, params.analysis("gap", gap.Options)),
    ]
    found = {name: {s: measures.measure(results, name, s, own, group.base) for s, own in codes.by_name[name].items()}}
    data = [context.digest(paths.raw() / description.FILE)]  # in a list, because DVC shows every scalar as a metric
    replicates = records.replicates(found)
    context.write(paths.setting(name), records.to_json("league", found, replicates=replicates, data=data))


if __name__ == "__main__":
    variant()
