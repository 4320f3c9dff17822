"""PyTorch's VAE example in its own setup: does our code reach the published loss?"""

from collections.abc import Mapping, Sequence

import numpy as np

from benchmarks import loop, text
from benchmarks.text import Seeds
from latente.data import batches
from latente.data.images import Images
from latente.models.network import factory
from latente.models.network.autoencoder import Sizes
from latente.models.training import fit
from latente.models.variants import vae
from latente.project.sections import Network
from latente.study import tables

EPOCHS = 10
BATCH_SIZE = 128
NETWORK = Network(name="mlp", hidden=(400,), channels=(16, 32))
LATENT_DIM = 20
PUBLISHED = {"test": (105.56, 105.59), "train": (106.1, 106.4)}
"""Loss in nats per image: its range over public logs of the example with a Bernoulli likelihood."""
TOLERANCE = 0.5
"""Nats per image."""


def measure(train: Images, test: Images, seeds: Sequence[int], count: int = EPOCHS) -> dict[str, Seeds]:
    """Train the example from several seeds.

    Args:
        train: Training images.
        test: Test images.
        seeds: Seeds of the weights, the batches and the noise.
        count: Number of epochs.

    Returns:
        `test`: the loss after training, at one sample of the posterior. `train`: the mean loss during the last epoch.
        Both are in nats per image; lower is better.
    """
    losses: dict[str, Seeds] = {"test": {}, "train": {}}
    pixels, held_out = batches.pixels(train), batches.pixels(test)
    for seed in seeds:
        net = factory.build("vae", Sizes(784, LATENT_DIM, NETWORK), vae.Options(beta=1.0), seed)
        *_, last = loop.epochs(net, pixels, count, BATCH_SIZE, seed)
        losses["train"][str(seed)] = last
        losses["test"][str(seed)] = fit.evaluate(net, held_out, seed)["loss"]
    return losses


def to_markdown(losses: Mapping[str, Seeds]) -> str:
    """The section of docs/results.md."""
    rows = [text.row(f"{part} loss ↓", losses[part], 2, "{} to {}".format(*PUBLISHED[part])) for part in losses]
    return f"""\
## The loss of PyTorch's example
**Setup.** The model of [pytorch/examples/vae](https://github.com/pytorch/examples/tree/main/vae) has the layers
784-400-20-400-784 and ReLU. Its loss is the summed binary cross-entropy of grey pixels + KL. It trains for {EPOCHS}
epochs on all 60,000 training images, with batches of {BATCH_SIZE} and Adam at {loop.LEARNING_RATE}. The published
numbers come from public logs of this loss ([one of them](https://github.com/kampta/pytorch-distributions)). A later
version of the example adds the normaliser of the continuous Bernoulli; its loss is not comparable. *Test* is the loss
after training, at one sample of the posterior. *Train* is the mean loss during the last epoch. Both are in nats per
image.

{tables.render("markdown", text.head("", losses["test"]), rows)}

{text.paragraph("**Verdict.**", *(verdict(part, losses[part]) for part in losses))}
"""


def verdict(part: str, values: Mapping[str, float]) -> str:
    """Is the mean over seeds in the published range, or within the tolerance of it?"""
    low, high = PUBLISHED[part]
    mean = float(np.mean(list(values.values())))
    away = max(low - mean, mean - high, 0.0)
    where = f"{away:.2f} nats {'below' if mean < low else 'above'}" if away else "in"
    said = "reproduced" if away <= TOLERANCE else "**not reproduced**"
    return f"The mean {part} loss is {said}: it is {where} the published range (tolerance: {TOLERANCE} nats)."
