"""Analyse images of known dimension."""

from functools import partial

from latente.analyses import manifold as analysis
from latente.determinism import threads
from latente.models.network import factory
from latente.models.network.autoencoder import Sizes
from latente.project.params import Params
from latente.project.sections import Train
from latente.stages.stage import Context, stage


@stage
def manifold(context: Context, params: Params) -> None:
    """Make images of known dimension, and test whether estimators and models find this dimension."""
    threads.limit(params.compute.threads)
    options = params.analysis("manifold", analysis.Options)
    # These images have no neighbouring pixels, so a convolution has nothing to find.
    network = params.network
    sizes = Sizes(analysis.PIXELS, params.study.latent_dim, network.model_copy(update={"name": "mlp"}))
    builds = {
        name: partial(factory.build, name, sizes, params.model(name, factory.options(name)))
        for name in params.study.models
    }
    schedule = Train(
        epochs=options.epochs,
        batch_size=options.batch_size,
        learning_rate=options.learning_rate,
        precision=params.train.precision,
        device=params.train.device,
    )
    context.result(analysis.analyse(builds, params.study.seeds, params.study.latent_dim, schedule, options))


if __name__ == "__main__":
    manifold()
