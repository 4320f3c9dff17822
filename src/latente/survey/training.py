"""Train the model of one setting of the survey."""

from latente.data.splits import Splits
from latente.models.network import factory, weights
from latente.models.training import fit
from latente.project.params import Params


def train(params: Params, model: str, seed: int, images: Splits) -> bytes:
    """Train a model from one seed, and return its best weights as safetensors.

    Args:
        params: Parameters of the setting.
        model: Name of the model.
        seed: Of weights, batches and noise.
        images: Images to train on, and validation images that choose the best epoch.
    """
    options, hidden = params.model(model, factory.options(model)), params.train.hidden
    net = factory.build(model, params.study.latent_dim, hidden, options, seed)
    fit.fit(net, images, params.train, seed, lambda *_: None)
    return weights.to_bytes(net, model, hidden, options)
