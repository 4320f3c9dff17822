"""Train one variant of the audit from every seed, and measure it on a few of the study's metrics."""

import numpy as np
import torch
from jaxtyping import Bool, Float
from sklearn.neighbors import KNeighborsClassifier
from torch import Generator, Tensor

from latente import densities, encoding, groups, models, silhouette, training
from latente.autoencoder import Autoencoder
from latente.data.splits import Splits
from latente.groups import Replicates
from latente.judge import Classifier, opinion
from latente.latents import Latents
from latente.params import Params
from latente.variants import Base

Found = dict[str, Float[np.ndarray, " images"]]
"""Metric -> value of every image: the metric is the mean."""


def run(
    study: Params, model: str, base: Base, images: Splits, judge: Classifier
) -> tuple[dict[str, dict[str, float]], dict[str, dict[str, Replicates]]]:
    """Train a model from every seed, and score it.

    Args:
        study: Its parameters.
        model: Which.
        base: Seeds, and how codes and samples are scored.
        images: To train on, and to score.
        judge: Scores the digits decoded from the prior.

    Returns:
        Seed -> metrics, and the same with each group of images left out: `mse`, `distortion`, `rate` (none for a point
        posterior), `silhouette`, `knn_accuracy` and `prior_accepted`, as the analyses define them.
    """
    scores: dict[str, dict[str, float]] = {}
    replicates: dict[str, dict[str, Replicates]] = {}
    options, schedule = study.model(model, models.options(model)), study.train
    for seed in base.seeds:
        net = models.build(model, study.study.latent_dim, schedule.hidden, options, seed)
        training.fit(net, images, schedule, seed, lambda *_: None)
        codes = encoding.encode(net.eval(), images, study.encode.seed)
        train, test = codes.only("train"), codes.only("test")
        found = _reconstruction(net, images, study.encode.seed) | {
            "knn_accuracy": _told(train, test, base.neighbours).astype(float),
            "prior_accepted": _accepted(net, train, judge, base).astype(float),
        }
        silhouettes, left_out = silhouette.left_out(test.mean, test.label)
        scores[str(seed)] = {name: float(each.mean()) for name, each in found.items()}
        scores[str(seed)]["silhouette"] = float(silhouettes.mean())
        replicates[str(seed)] = {name: groups.left_out(each) for name, each in found.items()} | {"silhouette": left_out}
    return scores, replicates


@torch.no_grad()
def _reconstruction(net: Autoencoder, images: Splits, seed: int) -> Found:
    """Squared error at the mean code; distortion and rate at one sample."""
    x = torch.tensor(images.test.pixels).float() / 255
    terms = net.objective(x, Generator().manual_seed(seed))
    found = {name: term.double().numpy() for name, term in terms.items() if name in ("distortion", "rate")}
    return found | {"mse": (net.decode(net.posterior(x).mean).sigmoid() - x).square().mean(-1).double().numpy()}


def _told(train: Latents, test: Latents, neighbours: int) -> Bool[np.ndarray, " images"]:
    """Which test images their nearest training codes tell."""
    fitted = KNeighborsClassifier(min(neighbours, len(train.mean)), algorithm="brute").fit(train.mean, train.label)
    return np.asarray(fitted.predict(test.mean) == test.label)


@torch.no_grad()
def _accepted(net: Autoencoder, train: Latents, judge: Classifier, base: Base) -> Bool[np.ndarray, " samples"]:
    """Which digits decoded from the prior the judge accepts."""
    z: Tensor = torch.tensor(densities.standard(train.mean, base.samples, seed=0))
    return np.asarray((opinion(judge, net.decode(z).sigmoid()).confidence > base.accept).numpy())
