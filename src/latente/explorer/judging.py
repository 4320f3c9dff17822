"""The judge of the page: networks with rounded weights, and how often they decide as the judge of the study does."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from latente.explorer import layers, quantised
from latente.explorer.layers import Layer
from latente.measures.judge import ensemble
from latente.measures.judge.ensemble import Judge, Prediction

Pixels = Float[Tensor, "images pixels"]

_NETWORKS = 5  # at most. In the committed study, one network alone agrees with the judge on 86 % of the prior samples.


@dataclass(frozen=True)
class Small:
    """Networks with rounded weights.

    Attributes:
        networks: Each from an image, flat, to the logits of all classes and of outliers.
        temperature: Divides the logits.
        threshold: An image is accepted if the probability of its class, mean over the networks, is above this value.
    """

    networks: Sequence[Sequence[Layer]]
    temperature: float
    threshold: float


def of(judge: Judge, validation: Pixels, accept: float) -> Small:
    """The first networks of the judge. Their threshold accepts the same share of the validation images.

    Args:
        judge: Of the study.
        validation: Validation images, which have also set the threshold of the judge.
        accept: The share of the validation images to accept.
    """
    networks = [
        layers.of([one.convolutions, one.hidden, one.classes], (1, one.side)) for one in judge.networks[:_NETWORKS]
    ]
    small = Small([quantised.rounded(one) for one in networks], judge.temperature, 0.0)
    confidence = predict(small, validation).confidence.numpy()
    return replace(small, threshold=ensemble.threshold(confidence, accept))


def predict(small: Small, x: Pixels) -> Prediction:
    """What the networks say about images; they have no features."""
    logits = torch.stack([_logits(network, x) for network in small.networks])
    confidence, label = ensemble.probabilities(logits, small.temperature)[:, :-1].max(-1)
    return Prediction(torch.empty(1, len(x), 64), label, confidence, (confidence > small.threshold).numpy())


def agreement(a: Prediction, b: Prediction) -> float:
    """The share of images, in [0, 1], that both reject, or both accept with the same class."""
    same = a.label.numpy() == b.label.numpy()
    return float(np.mean((a.accepted == b.accepted) & (same | ~a.accepted)))


def _logits(network: Sequence[Layer], x: Pixels) -> Float[Tensor, "images options"]:
    return torch.cat([layers.run(network, part) for part in x.split(100)])
