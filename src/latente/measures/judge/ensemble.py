"""The trained judge: its networks together predict the class of an image, and accept or reject it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Bool, Float, Int64
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor

from latente.errors import DataError, one_line
from latente.measures.judge.network import Classifier

_AT_ONCE = 100  # images per batch; their activations fit into a core's cache
_SHARES = (0.8, 0.9, 0.95, 0.98, 0.99)  # of the validation images, for the sweep over thresholds


@dataclass(frozen=True)
class Judge:
    """Networks that differ in their seed, and how their predictions become a decision.

    Attributes:
        networks: At least one.
        temperature: Divides the logits, so that probabilities agree with frequencies; above 0 (Guo et al. 2017).
        threshold: The judge accepts an image if the probability of its class is above this value, in [0, 1].

    References:
        Lakshminarayanan, Pritzel & Blundell 2017, https://arxiv.org/abs/1612.01474 (the mean over networks)
        Guo, Pleiss, Sun & Weinberger 2017, https://arxiv.org/abs/1706.04599 (the temperature)
    """

    networks: Sequence[Classifier]
    temperature: float
    threshold: float


@dataclass(frozen=True)
class Prediction:
    """What the judge predicts for images.

    Attributes:
        features: Last hidden layer of every network.
        label: The most probable class of each image; outliers are no class.
        confidence: The probability of that class, mean over the networks, in [0, 1]. The probabilities of all classes
            and of outliers add up to 1.
        accepted: Whether the confidence is above the threshold of the judge.
    """

    features: Float[Tensor, "networks images 64"]
    label: Int64[Tensor, " images"]
    confidence: Float[Tensor, " images"]
    accepted: Bool[np.ndarray, " images"]


def predict(judge: Judge, x: Float[Tensor, "images pixels"]) -> Prediction:
    """Classify images with grey levels in [0, 1], and accept or reject them."""
    features, logits = outputs(judge.networks, x)
    confidence, label = probabilities(logits, judge.temperature)[:, :-1].max(-1)
    return Prediction(features, label, confidence, np.asarray((confidence > judge.threshold).numpy()))


@torch.no_grad()
def outputs(
    networks: Sequence[Classifier], x: Float[Tensor, "images pixels"]
) -> tuple[Float[Tensor, "networks images 64"], Float[Tensor, "networks images options"]]:
    """The features and the logits of images in every network."""
    features = torch.stack([_features(network, x) for network in networks])
    return features, torch.stack([net.classes(own) for net, own in zip(networks, features, strict=True)])


def probabilities(
    logits: Float[Tensor, "networks images options"], temperature: float
) -> Float[Tensor, "images options"]:
    """The mean over the networks of the probabilities at a temperature."""
    return (logits / temperature).softmax(-1).mean(0)


def threshold(confidence: Float[np.ndarray, " images"], accept: float) -> float:
    """The value that the confidences of a share of images exceed.

    If the share is no whole number of images, slightly more images exceed the value. Images with equal confidence can
    make the share smaller.

    Args:
        confidence: Confidences of images, in [0, 1].
        accept: The share of images to accept, in (0, 1), whatever their predicted class.

    Example:
        >>> threshold(np.array([0.1, 0.2, 0.3, 0.4, 0.5], dtype=np.float32), 0.8) < 0.2
        True
    """
    return float(np.quantile(confidence, 1 - accept, method="lower"))


def sweep(confidence: Float[np.ndarray, " images"]) -> dict[str, float]:
    """Other thresholds: percentage of the validation images -> the threshold that accepts it.

    Args:
        confidence: Confidences of the validation images, in [0, 1].
    """
    return {f"{100 * share:.0f}": threshold(confidence, share) for share in _SHARES}


def to_bytes(judge: Judge) -> bytes:
    """The judge as safetensors: the weights of network N as `N.NAME`; side, temperature and threshold as scalars."""
    weights = {
        f"{number}.{name}": value.detach()
        for number, network in enumerate(judge.networks)
        for name, value in network.state_dict().items()
    }
    scalars = {name: torch.tensor(getattr(judge, name), dtype=torch.float64) for name in ("temperature", "threshold")}
    return save(weights | scalars | {"side": torch.tensor(judge.networks[0].side)})


def load(file: Path) -> Judge:
    """Read a trained judge.

    Raises:
        DataError: The file does not contain a judge, or a value is not finite.
    """
    try:
        tensors = load_file(file)
        temperature, threshold = (float(tensors.pop(name)) for name in ("temperature", "threshold"))
        side = int(tensors.pop("side"))
        networks = [_network(tensors, number, side) for number in _numbers(tensors)]
    except (SafetensorError, RuntimeError, KeyError, ValueError) as error:
        raise DataError(f"{file}: not a judge ({one_line(error)}); delete it and run `dvc repro`") from error
    values = [*tensors.values(), torch.tensor([temperature, threshold])]
    if not (networks and all(bool(value.isfinite().all()) for value in values)):
        raise DataError(f"{file}: some values are missing or not finite; delete it and run `dvc repro`")
    return Judge(networks, temperature, threshold)


def _features(network: Classifier, x: Float[Tensor, "images pixels"]) -> Float[Tensor, "images 64"]:
    return torch.cat([network.features(part) for part in x.split(_AT_ONCE)])


def _numbers(tensors: dict[str, Tensor]) -> list[int]:
    """The numbers of the networks in a file."""
    return sorted({int(name.partition(".")[0]) for name in tensors})


def _network(tensors: dict[str, Tensor], number: int, side: int) -> Classifier:
    prefix = f"{number}."
    network = Classifier(side**2, len(tensors[f"{prefix}classes.bias"]) - 1)
    network.load_state_dict({k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)})
    return network.eval()
