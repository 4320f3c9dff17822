"""Encode every image with one trained model."""

from latente import encoding, models, paths, threads
from latente.data import splits
from latente.params import Params
from latente.stage import Run, stage


@stage
def encode(run: Run, params: Params, *, model: str, seed: int) -> None:
    """Encode every image: mean, log-variance and one sample of its posterior."""
    threads.limit(params.compute.threads)
    images = splits.load(run.read(paths.raw()), params.split)
    net = models.load(run.read(paths.weights(model, seed)))
    run.write(paths.latents(model, seed), encoding.encode(net, images, params.encode.seed).to_bytes())


if __name__ == "__main__":
    encode()
