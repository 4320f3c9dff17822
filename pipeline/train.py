"""Train one model from one seed."""

from functools import partial

from latente import models, paths, serial, training
from latente.data import splits
from latente.params import Params
from latente.stage import Run, stage


@stage
def train(run: Run, params: Params, *, model: str, seed: int) -> None:
    """Fit one model from one seed and keep the weights of its best validation epoch."""
    run.threads(params.compute.threads)
    images = splits.load(run.read(paths.raw()), params.split)
    options, hidden = params.model(model, models.options(model)), params.train.hidden
    net = models.build(model, params.study.latent_dim, hidden, options, seed)
    fitted = training.fit(net, images, params.train, seed, partial(run.epoch, of=params.train.epochs))
    best = {"best_epoch": fitted.best.number, **fitted.best.losses}
    run.write(paths.weights(model, seed), models.to_bytes(net, model, hidden, options))
    run.write(paths.curve(model, seed), fitted.to_csv())
    run.write(paths.training(model, seed), serial.to_json(best))
    run.metrics({f"best_{name}".replace("best_best_", "best_"): value for name, value in best.items()})


if __name__ == "__main__":
    train()
