"""The judge: a small convolutional classifier of digits, the instrument that scores generated images."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Bool, Float, Int64
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Generator, Tensor, nn
from torch.nn import functional
from torch.optim import AdamW
from torch.optim.lr_scheduler import OneCycleLR

from latente.data import batches
from latente.data.mnist import CLASSES, Images
from latente.errors import DataError, LatenteError, one_line
from latente.project.sections import Judge

FEATURES = 64
_AT_ONCE = 100  # images per batch; their activations fit into a core's cache


class Classifier(nn.Module):
    """Two convolutions, then 64 features (for Fréchet distance and neighbours), then the classes."""

    def __init__(self) -> None:
        super().__init__()
        self.convolutions = nn.Sequential(
            nn.Conv2d(1, 16, 5, padding=2),
            nn.BatchNorm2d(16),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 5, padding=2),
            nn.BatchNorm2d(32),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
        )
        self.hidden = nn.Sequential(nn.Linear(32 * 7 * 7, FEATURES), nn.ReLU())
        self.classes = nn.Linear(FEATURES, CLASSES)

    def features(self, x: Float[Tensor, "batch 784"]) -> Float[Tensor, "batch 64"]:
        """The input of the last layer."""
        channels_last = x.reshape(-1, 28, 28, 1).movedim(-1, 1)  # pooling is several times faster in this layout
        features: Tensor = self.hidden(self.convolutions(channels_last))
        return features

    def forward(self, x: Float[Tensor, "batch 784"]) -> Float[Tensor, "batch 10"]:
        """Logits of the classes."""
        logits: Tensor = self.classes(self.features(x))
        return logits


@dataclass(frozen=True)
class Prediction:
    """What the judge predicts for images.

    Attributes:
        features: Last hidden layer of the judge.
        digit: The most probable class of each image.
        confidence: The probability of that class, in [0.1, 1].
    """

    features: Float[Tensor, "images 64"]
    digit: Int64[Tensor, " images"]
    confidence: Float[Tensor, " images"]

    def accepted(self, threshold: float) -> Bool[np.ndarray, " images"]:
        """Which images have a confidence above a threshold."""
        return np.asarray((self.confidence > threshold).numpy())


@torch.no_grad()
def predict(judge: Classifier, x: Float[Tensor, "images 784"]) -> Prediction:
    """Classify images with grey levels in [0, 1]."""
    features = torch.cat([judge.features(part) for part in x.split(_AT_ONCE)])
    confidence, digit = judge.classes(features).softmax(-1).max(-1)
    return Prediction(features, digit, confidence)


def accuracy(judge: Classifier, images: Images) -> float:
    """Share of images that the judge classifies correctly; higher is better."""
    digit = torch.cat([predict(judge, x).digit for x in batches.in_order(images)])
    return float((digit == torch.tensor(images.labels)).double().mean())


def fit(images: Images, options: Judge) -> Classifier:
    """Train a judge with a one-cycle learning rate, on images shifted by up to two pixels.

    Args:
        images: Training images.
        options: Training schedule and seed.

    Raises:
        LatenteError: The loss is not finite.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(options.seed)
        judge = Classifier()
    generator = Generator().manual_seed(options.seed)
    steps = -(-len(images) // options.batch_size) * options.epochs
    optimiser = AdamW(judge.parameters(), fused=True)
    schedule = OneCycleLR(optimiser, options.learning_rate, total_steps=steps)
    pixels, labels = batches.pixels(images), torch.tensor(images.labels).long()
    for epoch in range(1, options.epochs + 1):
        for index in batches.shuffled(pixels, options.batch_size, generator):
            loss = functional.cross_entropy(judge(_shifted(batches.grey(pixels[index]), generator)), labels[index])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
        if not loss.isfinite():
            raise LatenteError(f"epoch {epoch}: the loss is {loss.item():g}; lower judge.learning_rate in params.yaml")
    return judge.eval()


def to_bytes(judge: Classifier) -> bytes:
    """The weights of a judge as safetensors."""
    return save({key: value.detach() for key, value in judge.state_dict().items()})


def load(file: Path) -> Classifier:
    """Read a trained judge.

    Raises:
        DataError: The file does not contain a judge, or a weight is not finite.
    """
    judge = Classifier()
    try:
        judge.load_state_dict(load_file(file))
    except (SafetensorError, RuntimeError) as error:
        raise DataError(
            f"{file}: not the weights of a judge ({one_line(error)}); delete it and run `dvc repro`"
        ) from error
    if not all(bool(value.isfinite().all()) for value in judge.state_dict().values()):
        raise DataError(f"{file}: some weights are not finite; delete it and run `dvc repro`")
    return judge.eval()


def _shifted(x: Float[Tensor, "batch 784"], generator: Generator) -> Float[Tensor, "batch 784"]:
    """The batch, shifted by one random step of up to two pixels in each direction, and filled with black."""
    top, left = torch.randint(0, 5, (2,), generator=generator).tolist()
    padded = functional.pad(x.reshape(-1, 28, 28), (2, 2, 2, 2))
    return padded[:, top : top + 28, left : left + 28].reshape(-1, 784)
