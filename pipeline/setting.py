"""Measure one setting of the survey."""

from latente.data import description, splits
from latente.determinism import threads
from latente.measures.judge import ensemble
from latente.models.network import weights
from latente.project import paths
from latente.project.params import Params
from latente.results import records
from latente.stages.stage import Context, stage
from latente.survey import measurement, settings


@stage
def setting(context: Context, params: Params, *, name: str) -> None:
    """Measure the trained models of one setting, and write their metrics."""
    survey = settings.load()
    changed = survey.study(name)
    threads.limit(params.compute.threads)
    images = splits.load(context.read(paths.raw()), changed.split)
    nets = {seed: weights.load(context.read(paths.setting_weights(name, seed))) for seed in survey.base.seeds}
    judge = ensemble.load(context.read(paths.judge()))
    data = context.digest(paths.raw() / description.FILE)  # in a list, because DVC shows every scalar as a metric
    measured = {name: measurement.measure(nets, images, judge, survey.base, params.encode.seed)}
    replicates = records.replicates(measured)
    context.write(paths.setting(name), records.to_json("survey", measured, replicates=replicates, data=[data]))


if __name__ == "__main__":
    setting()
