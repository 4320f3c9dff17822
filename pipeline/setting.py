"""Measure one setting of the survey."""

from latente.data import splits
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
    changed = settings.changed([*survey.base.set, *survey.of(name).set])
    threads.limit(params.compute.threads)
    images = splits.load(context.read(paths.raw()), changed.split)
    nets = {seed: weights.load(context.read(paths.setting_weights(name, seed))) for seed in survey.base.seeds}
    judge = ensemble.load(context.read(paths.judge()))
    measured = {name: measurement.measure(nets, images, judge, survey.base, params.encode.seed)}
    context.write(paths.setting(name), records.to_json("survey", measured, replicates=records.replicates(measured)))


if __name__ == "__main__":
    setting()
