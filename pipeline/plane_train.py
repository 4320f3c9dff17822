"""Train the models with two dimensions that the explorer shows."""

from latente.data import description, splits
from latente.determinism import threads
from latente.models.network import factory, weights
from latente.models.network.autoencoder import Sizes
from latente.models.training import fit
from latente.project import paths
from latente.project.params import Params
from latente.stages.stage import Context, stage


@stage
def plane_train(context: Context, params: Params) -> None:
    """Fit every model of the study again, with codes of length 2 and smaller layers."""
    threads.limit(params.compute.threads)
    images, plane = splits.load(context.read(paths.raw()), params.split), params.explore.plane
    sizes = Sizes(images.train.pixels.shape[1], 2, plane.network(params.network))
    schedule = description.lasting(plane.schedule(params.train), description.load(paths.raw()).epochs.train)
    for model in params.study.models:
        options = params.model(model, factory.options(model))
        net = factory.build(model, sizes, options, plane.seed)
        fitted = fit.fit(net, images, schedule, plane.seed, lambda _, __: None)
        context.metrics({f"{model}.best_{name}": value for name, value in fitted.best.losses.items()})
        context.write(paths.plane(model), weights.to_bytes(net, model, options))


if __name__ == "__main__":
    plane_train()
