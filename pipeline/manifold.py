"""Analyse a hidden manifold."""

from functools import partial

from latente import models, threads
from latente.analyses import manifold as analysis
from latente.params import Params, Train
from latente.stage import Run, stage


@stage
def manifold(run: Run, params: Params) -> None:
    """Make images of known dimension, and see whether estimators and models find it."""
    threads.limit(params.compute.threads)
    options, hidden = params.analysis("manifold", analysis.Options), params.train.hidden
    builds = {
        name: partial(models.build, name, params.study.latent_dim, hidden, params.model(name, models.options(name)))
        for name in params.study.models
    }
    schedule = Train(
        epochs=options.epochs,
        batch_size=options.batch_size,
        learning_rate=options.learning_rate,
        hidden=hidden,
        precision=params.train.precision,
        device=params.train.device,
    )
    run.result(analysis.analyse(builds, params.study.seeds, schedule, options))


if __name__ == "__main__":
    manifold()
