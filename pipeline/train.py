"""Train one model from one seed."""

from functools import partial

from latente.data import description, splits
from latente.determinism import threads
from latente.models.network import factory, weights
from latente.models.network.autoencoder import Sizes
from latente.models.training import fit
from latente.models.training.checkpoint import Checkpoint
from latente.project import paths
from latente.project.params import Params
from latente.stages.stage import Context, stage


@stage
def train(context: Context, params: Params, *, model: str, seed: int) -> None:
    """Fit one model from one seed and keep the weights of its best validation epoch."""
    threads.limit(params.compute.threads)
    images = splits.load(context.read(paths.raw()), params.split)
    options = params.model(model, factory.options(model))
    sizes = Sizes(images.train.pixels.shape[1], params.study.latent_dim, params.network)
    net = factory.build(model, sizes, options, seed)
    checkpoint = Checkpoint(paths.checkpoint(model, seed), context.key())
    schedule = description.lasting(params.train, description.load(paths.raw()).epochs.train)
    on_epoch = partial(context.epoch, of=schedule.passes)
    fitted = fit.fit(net, images, schedule, seed, on_epoch, checkpoint=checkpoint)
    best = {f"best_{name}": value for name, value in fitted.best.losses.items()} | {"best_epoch": fitted.best.number}
    context.write(paths.weights(model, seed), weights.to_bytes(net, model, options))
    context.write(paths.curve(model, seed), fitted.to_csv())
    context.metrics(best)
    context.on_success(checkpoint.remove)


if __name__ == "__main__":
    train()
