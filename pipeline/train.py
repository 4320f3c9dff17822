"""Train one model from one seed."""

from functools import partial

from latente import models, paths, serial, threads, training
from latente.checkpoint import Checkpoint
from latente.data import splits
from latente.params import Params
from latente.stage import Run, stage


@stage
def train(run: Run, params: Params, *, model: str, seed: int) -> None:
    """Fit one model from one seed and keep the weights of its best validation epoch."""
    threads.limit(params.compute.threads)
    images = splits.load(run.read(paths.raw()), params.split)
    options, hidden = params.model(model, models.options(model)), params.train.hidden
    net = models.build(model, params.study.latent_dim, hidden, options, seed)
    checkpoint = Checkpoint(paths.checkpoint(model, seed), run.key())
    tell = partial(run.epoch, of=params.train.epochs)
    fitted = training.fit(net, images, params.train, seed, tell, checkpoint=checkpoint)
    best = {f"best_{name}": value for name, value in fitted.best.losses.items()} | {"best_epoch": fitted.best.number}
    run.write(paths.weights(model, seed), models.to_bytes(net, model, hidden, options))
    run.write(paths.curve(model, seed), fitted.to_csv())
    run.write(paths.training(model, seed), serial.to_json(best))
    run.metrics(best)
    run.finally_do(checkpoint.remove)


if __name__ == "__main__":
    train()
