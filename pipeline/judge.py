"""Train the judge."""

from latente.analyses import judge as analysis
from latente.data import splits
from latente.determinism import threads
from latente.measures.judge import calibration, ensemble, fitting
from latente.project import paths
from latente.project.params import Params
from latente.stages.stage import Context, stage


@stage
def judge(context: Context, params: Params) -> None:
    """Train the networks that score generated digits, and measure them on the test images."""
    threads.limit(params.compute.threads)
    images = splits.load(context.read(paths.raw()), params.split)
    networks = fitting.fit_all(images.judge, params.judge)
    trained = calibration.calibrate(networks, images.validation, params.judge)
    context.write(paths.judge(), ensemble.to_bytes(trained))
    context.result(analysis.analyse(trained, images, params.judge))


if __name__ == "__main__":
    judge()
