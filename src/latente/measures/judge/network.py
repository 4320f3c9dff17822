"""One network of the judge: a small convolutional classifier of real images and of outliers."""

from jaxtyping import Float
from torch import Tensor, nn

from latente.data.images import side

FEATURES = 64


class Classifier(nn.Module):
    """Three convolutions, then 64 features (for Fréchet distance and neighbours), then the classes and the outliers.

    In a trial on validation images, this network took less time than a network with more and wider convolutions, and
    accepted fewer of those kinds of outliers that the trial left out of the training.

    Attributes:
        side: Of an image, in pixels.
        outlier: The class of outliers, after the classes of the data set.

    Args:
        pixels: Of a square image.
        classes: Of the data set; 1 for images without labels.
    """

    def __init__(self, pixels: int, classes: int) -> None:
        super().__init__()
        self.side, self.outlier = side(pixels), classes
        cells = -(-self.side // 2) // 2 // 2
        self.convolutions = nn.Sequential(
            *_convolution(1, 16, size=5, stride=2),
            *_convolution(16, 32, size=3),
            nn.MaxPool2d(2),
            *_convolution(32, 64, size=3),
            nn.MaxPool2d(2),
            nn.Flatten(),
        )
        self.hidden = nn.Sequential(nn.Linear(64 * cells**2, FEATURES), nn.ReLU())
        self.classes = nn.Linear(FEATURES, classes + 1)

    def features(self, x: Float[Tensor, "batch pixels"]) -> Float[Tensor, "batch 64"]:
        """The input of the last layer."""
        channels_last = x.reshape(-1, self.side, self.side, 1).movedim(
            -1, 1
        )  # pooling is several times faster in this layout
        features: Tensor = self.hidden(self.convolutions(channels_last))
        return features

    def forward(self, x: Float[Tensor, "batch pixels"]) -> Float[Tensor, "batch options"]:
        """Logits of the classes, and then of `outlier`."""
        logits: Tensor = self.classes(self.features(x))
        return logits


def _convolution(channels: int, out: int, *, size: int, stride: int = 1) -> list[nn.Module]:
    """A convolution that keeps the size of its input, or divides it by `stride`."""
    return [nn.Conv2d(channels, out, size, stride, padding=size // 2), nn.BatchNorm2d(out), nn.ReLU()]
