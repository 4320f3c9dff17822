"""Train one setting of the survey from every seed, and compute a few of the study's metrics."""

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Generator

from latente.codes import densities, encoding
from latente.codes.latents import Latents
from latente.data import batches
from latente.data.splits import Splits
from latente.measures import knn, silhouette
from latente.measures.judge import Classifier, predict
from latente.models.network import factory
from latente.models.network.autoencoder import Autoencoder
from latente.models.training import fit
from latente.project.params import Params
from latente.results.measurement import Measurement
from latente.survey.settings import Base


def measure(params: Params, model: str, base: Base, images: Splits, judge: Classifier) -> dict[str, Measurement]:
    """Train a model from every seed, and measure it.

    Args:
        params: Parameters of the setting.
        model: Name of the model.
        base: What all settings share: seeds, and options of the measures.
        images: Images to train on, and test images to measure.
        judge: Classifier that scores the images decoded from the prior.

    Returns:
        Seed -> `mse`, `distortion`, `rate` (not for a point posterior), `silhouette`, `knn_accuracy` and
        `prior_accepted`, as the analyses define them. All of them also have values without each group of images.
    """
    options = params.model(model, factory.options(model))
    measurements: dict[str, Measurement] = {}
    for seed in base.seeds:
        net = factory.build(model, params.study.latent_dim, params.train.hidden, options, seed)
        fit.fit(net, images, params.train, seed, lambda *_: None)
        codes = encoding.encode(net.eval(), images, params.encode.seed)
        train, test = codes.only("train"), codes.only("test")
        silhouettes, left_out = silhouette.left_out(test.mean, test.label)
        neighbours = knn.nearest(train.mean, test.mean, base.neighbours)
        measurements[str(seed)] = Measurement.over_images(
            _reconstruction(net, images, params.encode.seed)
            | {
                "knn_accuracy": knn.correct(neighbours, train.label, test.label),
                "prior_accepted": _accepted(net, train, judge, base),
            }
        ) | Measurement({"silhouette": float(silhouettes.mean())}, {"silhouette": left_out})
    return measurements


@torch.no_grad()
def _reconstruction(net: Autoencoder, images: Splits, seed: int) -> dict[str, Float[np.ndarray, " images"]]:
    """Squared error at the mean code; distortion and rate at one posterior sample."""
    x = batches.whole(images.test)
    terms = net.objective(x, Generator().manual_seed(seed))
    values = {name: term.double().numpy() for name, term in terms.items() if name in ("distortion", "rate")}
    return values | {"mse": (net.decode(net.posterior(x).mean).sigmoid() - x).square().mean(-1).double().numpy()}


@torch.no_grad()
def _accepted(net: Autoencoder, train: Latents, judge: Classifier, base: Base) -> Bool[np.ndarray, " samples"]:
    """Which images decoded from prior samples the judge accepts."""
    z = torch.tensor(densities.standard(train.mean, base.samples, seed=0))
    return predict(judge, net.decode(z).sigmoid()).accepted(base.accept)
