"""Encode every image with one trained model."""

from latente.codes import encoding
from latente.data import splits
from latente.determinism import threads
from latente.models.network import weights
from latente.project import paths
from latente.project.params import Params
from latente.stages.stage import Context, stage


@stage
def encode(context: Context, params: Params, *, model: str, seed: int) -> None:
    """Encode every image: mean, log-variance and one sample of its posterior."""
    threads.limit(params.compute.threads)
    images = splits.load(context.read(paths.raw()), params.split)
    net = weights.load(context.read(paths.weights(model, seed)))
    context.write(paths.latents(model, seed), encoding.encode(net, images, params.encode.seed).to_bytes())


if __name__ == "__main__":
    encode()
