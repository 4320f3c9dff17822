"""Train and measure one setting of the survey."""

from latente.data import splits
from latente.determinism import threads
from latente.measures import judge
from latente.project import paths
from latente.project.params import Params
from latente.results import records
from latente.stages.stage import Context, stage
from latente.survey import measurement, settings


@stage
def setting(context: Context, params: Params, *, name: str) -> None:
    """Train the model of one setting from every seed, and write its metrics; the weights are not kept."""
    survey = settings.load()
    chosen = survey.of(name)
    changed = settings.changed([*survey.base.set, *chosen.set])
    threads.limit(params.compute.threads)
    images = splits.load(context.read(paths.raw()), changed.split)
    classifier = judge.load(context.read(paths.judge()))
    measured = {name: measurement.measure(changed, chosen.model, survey.base, images, classifier)}
    context.write(paths.setting(name), records.to_json("survey", measured, replicates=records.replicates(measured)))


if __name__ == "__main__":
    setting()
