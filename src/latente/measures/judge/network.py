"""One network of the judge: a small convolutional classifier of digits and of images that are no digits."""

from jaxtyping import Float
from torch import Tensor, nn

from latente.data.mnist import CLASSES

FEATURES = 64
NO_DIGIT = CLASSES
"""The class of images that are no digits, after the classes of the digits."""


class Classifier(nn.Module):
    """Two convolutions, then 64 features (for Fréchet distance and neighbours), then eleven classes."""

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
