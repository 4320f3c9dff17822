"""Measure the trained models of one setting of the survey by a few of the study's metrics."""

from collections.abc import Mapping

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Generator

from latente.codes import encoding
from latente.codes.latents import Latents
from latente.data import batches
from latente.data.splits import Splits
from latente.measures import knn, silhouette
from latente.measures.judge.ensemble import Judge, predict
from latente.models.network.autoencoder import Autoencoder
from latente.results.measurement import Measurement
from latente.survey.settings import Base


def measure(
    nets: Mapping[int, Autoencoder], images: Splits, judge: Judge, base: Base, encode_seed: int
) -> dict[str, Measurement]:
    """Measure the model of a setting, trained from every seed.

    Args:
        nets: Seed -> trained model.
        images: Images of the training, and test images.
        judge: Scores the images decoded from the prior.
        base: What all settings share: options of the measures.
        encode_seed: Seed of the posterior samples.

    Returns:
        Seed -> `mse`, `distortion`, `rate` (not for a point posterior), `silhouette`, `knn_accuracy` and
        `prior_accepted`, as the analyses define them. All of them also have values without each group of images.
    """
    measurements: dict[str, Measurement] = {}
    for seed, net in nets.items():
        codes = encoding.encode(net, images, encode_seed)
        values = _reconstruction(net, images, encode_seed) | {"prior_accepted": _accepted(net, codes, judge, base)}
        measurements[str(seed)] = Measurement.over_images(values) | separated(codes, base.neighbours)
    return measurements


def separated(codes: Latents, neighbours: int) -> Measurement:
    """`silhouette` and `knn_accuracy` of the mean test codes, as the analysis of separation defines them."""
    train, test = codes.only("train"), codes.only("test")
    silhouettes, left_out = silhouette.left_out(test.mean, test.label)
    right = knn.correct(knn.nearest(train.mean, test.mean, neighbours), train.label, test.label)
    return Measurement.over_images({"knn_accuracy": right}) | Measurement(
        {"silhouette": float(silhouettes.mean())}, {"silhouette": left_out}
    )


@torch.no_grad()
def _reconstruction(net: Autoencoder, images: Splits, seed: int) -> dict[str, Float[np.ndarray, " images"]]:
    """Squared error at the mean code; distortion and rate at one posterior sample."""
    x = batches.whole(images.test)
    terms = net.objective(x, Generator().manual_seed(seed))
    values = {name: term.double().numpy() for name, term in terms.items() if name in ("distortion", "rate")}
    return values | {"mse": (net.decode(net.posterior(x).mean).sigmoid() - x).square().mean(-1).double().numpy()}


@torch.no_grad()
def _accepted(net: Autoencoder, codes: Latents, judge: Judge, base: Base) -> Bool[np.ndarray, " samples"]:
    """Which images decoded from prior samples the judge accepts."""
    z = torch.tensor(codes.prior.draw(base.samples, seed=0))
    return predict(judge, net.decode(z).sigmoid()).accepted
