"""Train the judge."""

from latente.data import splits
from latente.determinism import threads
from latente.measures.judge import calibration, ensemble, fitting
from latente.project import paths
from latente.project.params import Params
from latente.stages.stage import Context, stage


@stage
def judge_train(context: Context, params: Params) -> None:
    """Train and calibrate the networks that score generated digits."""
    threads.limit(params.compute.threads)
    images = splits.load(context.read(paths.raw()), params.split)
    networks = fitting.fit_all(images.judge, params.judge)
    trained = calibration.calibrate(networks, images.validation, params.judge)
    context.write(paths.judge(), ensemble.to_bytes(trained))


if __name__ == "__main__":
    judge_train()
