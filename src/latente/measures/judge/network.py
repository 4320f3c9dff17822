"""One network of the judge: a small convolutional classifier of digits and of images that are no digits."""

from jaxtyping import Float
from torch import Tensor, nn

from latente.data.mnist import CLASSES

FEATURES = 64
NO_DIGIT = CLASSES
"""The class of images that are no digits, after the classes of the digits."""


class Classifier(nn.Module):
    """Three convolutions, then 64 features (for Fréchet distance and neighbours), then eleven classes.

    The first convolution halves the size: without it, a network takes half as long again, and accepts more of those
    kinds of non-digits that a trial left out of its training.
    """

    def __init__(self) -> None:
        super().__init__()
        self.convolutions = nn.Sequential(
            *_convolution(1, 16, size=5, stride=2),
            *_convolution(16, 32, size=3),
            nn.MaxPool2d(2),
            *_convolution(32, 64, size=3),
            nn.MaxPool2d(2),
            nn.Flatten(),
        )
        self.hidden = nn.Sequential(nn.Linear(64 * 3 * 3, FEATURES), nn.ReLU())
        self.classes = nn.Linear(FEATURES, CLASSES + 1)

    def features(self, x: Float[Tensor, "batch 784"]) -> Float[Tensor, "batch 64"]:
        """The input of the last layer."""
        channels_last = x.reshape(-1, 28, 28, 1).movedim(-1, 1)  # pooling is several times faster in this layout
        features: Tensor = self.hidden(self.convolutions(channels_last))
        return features

    def forward(self, x: Float[Tensor, "batch 784"]) -> Float[Tensor, "batch 11"]:
        """Logits of the ten digits and of `NO_DIGIT`."""
        logits: Tensor = self.classes(self.features(x))
        return logits


def _convolution(channels: int, out: int, *, size: int, stride: int = 1) -> list[nn.Module]:
    """A convolution that keeps the size of its input, or divides it by `stride`."""
    return [nn.Conv2d(channels, out, size, stride, padding=size // 2), nn.BatchNorm2d(out), nn.ReLU()]
