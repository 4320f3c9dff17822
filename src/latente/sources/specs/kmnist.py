"""Kuzushiji-MNIST: 70,000 cursive Japanese characters (Clanuwat et al. 2018, https://arxiv.org/abs/1812.01718)."""

from latente.data.description import Description, Epochs, Sizes
from latente.project.sections import Data, Fetch
from latente.sources import known
from latente.sources.known import Files, Known, Say

KNOWN = Known(
    data=Description(
        name="kmnist",
        title="Kuzushiji-MNIST",
        noun="character",
        nouns="characters",
        classes=("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),
        side=28,
        split=Sizes(train=45_000, validation=5_000, judge=10_000, test=10_000),
        epochs=Epochs(train=10, judge=8),
        upside_down=tuple(range(10)),
        turned=tuple(range(10)),
    ),
    md5={  # of the compressed files
        "train-images-idx3-ubyte.gz": "bdb82020997e1d708af4cf47b453dcf7",
        "train-labels-idx1-ubyte.gz": "e144d726b3acfaa3e44228e80efcd344",
        "t10k-images-idx3-ubyte.gz": "5c965bf0a639b31b8f53240b1b52f4d7",
        "t10k-labels-idx1-ubyte.gz": "7320c461ea6c1c855c0b718fb2a4b134",
    },
    licence="CC BY-SA 4.0",
    mirror="KMNIST",
)


def fetch(_: Data, options: Fetch, say: Say) -> Files:
    """Get the published files."""
    return known.fetch(KNOWN, options, say)
