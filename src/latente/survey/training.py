"""Train the model of one setting of the survey."""

from latente.data import description
from latente.data.splits import Splits
from latente.errors import DataError
from latente.models.network import factory, weights
from latente.models.network.autoencoder import Sizes
from latente.models.training import fit
from latente.project.params import Params


def train(params: Params, model: str, seed: int, images: Splits, epochs: int) -> bytes:
    """Train a model from one seed, and return its best weights as safetensors.

    Args:
        params: Parameters of the setting.
        model: Name of the model.
        seed: Of weights, batches and noise.
        images: Images to train on, and validation images that choose the best epoch.
        epochs: Of the data set, if those of the setting are `auto`.

    Raises:
        DataError: The images have no labels. The survey compares how variants separate the classes.
    """
    if not images.train.are_labelled:
        raise DataError("the survey compares how models separate the classes, but these images have no labels")
    options = params.model(model, factory.options(model))
    sizes = Sizes(images.train.pixels.shape[1], params.study.latent_dim, params.network)
    net = factory.build(model, sizes, options, seed)
    fit.fit(net, images, description.lasting(params.train, epochs), seed, lambda *_: None)
    return weights.to_bytes(net, model, options)
