"""Fashion-MNIST: 70,000 pictures of garments (Xiao, Rasul & Vollgraf 2017, https://arxiv.org/abs/1708.07747)."""

from pathlib import Path

from latente.data.description import Description, Epochs, Sizes
from latente.project.sections import Data, Fetch
from latente.sources import known
from latente.sources.known import Files, Known, Say

KNOWN = Known(
    data=Description(
        name="fashion_mnist",
        title="Fashion-MNIST",
        noun="garment",
        nouns="garments",
        classes=(
            "T-shirt",
            "trouser",
            "pullover",
            "dress",
            "coat",
            "sandal",
            "shirt",
            "sneaker",
            "bag",
            "ankle boot",
        ),
        side=28,
        split=Sizes(train=45_000, validation=5_000, judge=10_000, test=10_000),
        epochs=Epochs(train=10, judge=8),
        upside_down=(0, 1, 2, 3, 4, 5, 6, 7, 9),  # a bag upside down can be a bag
        turned=(),  # most garments look the same in a mirror
    ),
    md5={
        "train-images-idx3-ubyte": "f4a8712d7a061bf5bd6d2ca38dc4d50a",
        "train-labels-idx1-ubyte": "9018921c3c673c538a1fc5bad174d6f9",
        "t10k-images-idx3-ubyte": "8181f5470baa50b63fa0f6fddb340f0a",
        "t10k-labels-idx1-ubyte": "15d484375f8d13e6eb1aabb0c3f46965",
    },
    licence="MIT",
    mirror="FashionMNIST",
    package=Path("/usr/share/datasets/fashion-mnist"),  # Debian's dataset-fashion-mnist
)


def fetch(_: Data, options: Fetch, say: Say) -> Files:
    """Get the published files."""
    return known.fetch(KNOWN, options, say)
