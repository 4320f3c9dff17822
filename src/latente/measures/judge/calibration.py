"""The temperature and the threshold of the judge, from validation images."""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Bool, Float, Int64
from torch import Generator, Tensor
from torch.nn import functional

from latente.data import batches
from latente.data.mnist import Images
from latente.measures.judge import ensemble, fitting
from latente.measures.judge.ensemble import Judge
from latente.measures.judge.network import Classifier
from latente.project import sections

_TEMPERATURES = np.geomspace(0.25, 4, 81)
_INTERVALS = 15  # of the calibration error


def calibrate(networks: Sequence[Classifier], validation: Images, options: sections.Judge) -> Judge:
    """Make a judge of trained networks.

    The temperature uses the validation images and non-digits of the trained kinds, in the proportion of the training.
    The threshold uses the validation images alone.

    Args:
        networks: The trained networks.
        validation: Images that trained no network.
        options: Share of the validation images to accept, and the seed of the non-digits.
    """
    x, labels = batches.whole(validation), torch.tensor(validation.labels).long()
    generator = Generator().manual_seed(options.seed)
    chosen = temperature(networks, *fitting.with_non_digits(x, labels, generator))
    confidence = ensemble.predict(Judge(networks, chosen, 0.0), x).confidence.numpy()
    return Judge(networks, chosen, ensemble.threshold(confidence, options.accept))


@torch.no_grad()
def temperature(
    networks: Sequence[Classifier], x: Float[Tensor, "images 784"], classes: Int64[Tensor, " images"]
) -> float:
    """The temperature in [0.25, 4] with the lowest negative log likelihood of the mean probability of the networks.

    Args:
        networks: The trained networks.
        x: Digits and non-digits.
        classes: Classes in 0..10; 10 is `NO_DIGIT`.
    """
    features = ensemble.predict(Judge(networks, 1.0, 0.0), x).features
    logits = torch.stack([network.classes(each) for network, each in zip(networks, features, strict=True)]).double()
    losses = [functional.nll_loss((logits / t).softmax(-1).mean(0).log(), classes).item() for t in _TEMPERATURES]
    return float(_TEMPERATURES[np.argmin(losses)])


def calibration_error(confidence: Float[np.ndarray, " images"], right: Bool[np.ndarray, " images"]) -> float:
    """Expected calibration error: how much confidence and accuracy differ, mean over images; lower is better.

    Args:
        confidence: Probability of the predicted class, in [0, 1].
        right: Whether the predicted class is right.

    Returns:
        In [0, 1], from 15 intervals of equal width.

    References:
        Guo, Pleiss, Sun & Weinberger 2017, https://arxiv.org/abs/1706.04599

    Example:
        >>> calibration_error(np.array([0.75] * 4), np.array([True, True, True, False]))
        0.0
    """
    interval = np.minimum(confidence * _INTERVALS, _INTERVALS - 1).astype(np.int64)
    return float(np.abs(np.bincount(interval, right - confidence)).sum() / len(confidence))
