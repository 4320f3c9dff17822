"""Measure the judge."""

from latente.analyses import judge as analysis
from latente.data import description, splits
from latente.determinism import threads
from latente.measures.judge import ensemble
from latente.project import paths
from latente.project.params import Params
from latente.stages.stage import Context, stage


@stage
def judge(context: Context, params: Params) -> None:
    """Measure the trained judge on real test images and on outliers."""
    threads.limit(params.compute.threads)
    images = splits.load(context.read(paths.raw()), params.split)
    trained = ensemble.load(context.read(paths.judge()))
    context.result(analysis.analyse(trained, images, description.load(paths.raw()), params.judge))


if __name__ == "__main__":
    judge()
