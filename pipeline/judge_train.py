"""Train the judge."""

from latente.data import description, splits
from latente.determinism import threads
from latente.measures.judge import calibration, ensemble, fitting
from latente.project import paths
from latente.project.params import Params
from latente.stages.stage import Context, stage


@stage
def judge_train(context: Context, params: Params) -> None:
    """Train and calibrate the networks that score generated images."""
    threads.limit(params.compute.threads)
    images = splits.load(context.read(paths.raw()), params.split)
    data = description.load(paths.raw())
    networks = fitting.fit_all(images.judge, data, description.lasting(params.judge, data.epochs.judge))
    trained = calibration.calibrate(networks, images.validation, data, params.judge)
    context.write(paths.judge(), ensemble.to_bytes(trained))


if __name__ == "__main__":
    judge_train()
