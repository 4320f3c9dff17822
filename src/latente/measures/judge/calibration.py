"""The temperature and the threshold of the judge, from validation images."""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Bool, Float, Int64
from torch import Generator, Tensor
from torch.nn import functional

from latente.data import batches
from latente.data.description import Description
from latente.data.images import Images
from latente.measures.judge import ensemble, fitting
from latente.measures.judge.ensemble import Judge
from latente.measures.judge.network import Classifier
from latente.measures.judge.outliers import Real
from latente.project import sections

_TEMPERATURES = np.geomspace(0.25, 4, 81)
_INTERVALS = 15  # of the calibration error


def calibrate(networks: Sequence[Classifier], validation: Images, data: Description, options: sections.Judge) -> Judge:
    """Make a judge of trained networks.

    The temperature uses the validation images and outliers of the trained kinds, in the proportion of the training.
    The threshold uses the validation images alone.

    Args:
        networks: The trained networks.
        validation: Images that trained no network.
        data: The data set of the images.
        options: Share of the validation images to accept, and the seed of the outliers.
    """
    labels, generator = torch.tensor(validation.labels).long(), Generator().manual_seed(options.seed)
    x, classes = fitting.with_outliers(Real(batches.whole(validation), labels, data), generator)
    logits = ensemble.outputs(networks, x)[1]
    chosen = temperature(logits, classes)
    of_classes = ensemble.probabilities(logits[:, : len(validation)], chosen)[:, :-1]
    return Judge(networks, chosen, ensemble.threshold(of_classes.amax(1).numpy(), options.accept))


def temperature(logits: Float[Tensor, "networks images options"], classes: Int64[Tensor, " images"]) -> float:
    """The temperature in [0.25, 4] with the lowest negative log likelihood of the mean probability of the networks.

    Args:
        logits: Of real images and outliers in every network.
        classes: Classes of the data set, and the class of outliers after them.
    """
    losses = [functional.nll_loss(ensemble.probabilities(logits.double(), t).log(), classes) for t in _TEMPERATURES]
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
