"""PyTorch's own example of a VAE, in its own setup: is the loss the one that everybody gets?"""

from collections.abc import Mapping, Sequence

import numpy as np

from benchmarks import loop, text
from benchmarks.text import Seeds
from latente.data import batches
from latente.data.mnist import Images
from latente.models.network import factory
from latente.models.training import fit
from latente.models.variants import vae
from latente.study import tables

EPOCHS = 10
BATCH_SIZE = 128
HIDDEN = (400,)
LATENT_DIM = 20
PUBLISHED = {"test": (105.56, 105.59), "train": (106.1, 106.4)}
"""Nats per image, the range over public logs of the example with a Bernoulli likelihood."""
TOLERANCE = 0.5


def measure(train: Images, test: Images, seeds: Sequence[int], count: int = EPOCHS) -> dict[str, Seeds]:
    """Train the example from several seeds.

    Args:
        train: To train on.
        test: To test on.
        seeds: Of weights, batches and noise.
        count: How many epochs.

    Returns:
        `test` after training, at one sample of the posterior, and `train` over the last epoch as it trained; nats per
        image, lower is better.
    """
    losses: dict[str, Seeds] = {"test": {}, "train": {}}
    pixels, held_out = batches.pixels(train), batches.pixels(test)
    for seed in seeds:
        net = factory.build("vae", LATENT_DIM, HIDDEN, vae.Options(beta=1.0), seed)
        *_, last = loop.epochs(net, pixels, count, BATCH_SIZE, seed)
        losses["train"][str(seed)] = last
        losses["test"][str(seed)] = fit.evaluate(net, held_out, seed)["loss"]
    return losses


def tell(losses: Mapping[str, Seeds]) -> str:
    """The section of the page."""
    rows = [text.row(f"{part} loss ↓", losses[part], 2, "{} to {}".format(*PUBLISHED[part])) for part in losses]
    return f"""\
## The loss of PyTorch's example
**Setup.** [pytorch/examples/vae](https://github.com/pytorch/examples/tree/main/vae): 784-400-20-400-784, ReLU, summed
binary cross-entropy + KL on grey pixels, Adam at {loop.LEARNING_RATE}, batches of {BATCH_SIZE}, {EPOCHS} epochs over
all 60,000 training images. The published numbers are of public logs of that loss
([one of them](https://github.com/kampta/pytorch-distributions)); a later version of the example adds the normaliser of
the continuous Bernoulli and is not comparable. *Test* is at one sample of the posterior, after training; *train* is the
mean over the last epoch, as it trains. Nats per image.

{tables.render("markdown", text.head("", losses["test"]), rows)}

{text.paragraph("**Verdict.**", *(verdict(part, losses[part]) for part in losses))}
"""


def verdict(part: str, values: Mapping[str, float]) -> str:
    """Is the mean over seeds within the tolerance of the published range?"""
    low, high = PUBLISHED[part]
    mean = float(np.mean(list(values.values())))
    away = max(low - mean, mean - high, 0.0)
    where = f"{away:.2f} nats {'below' if mean < low else 'above'}" if away else "within"
    said = "reproduced" if away <= TOLERANCE else "**not reproduced**"
    return f"The mean {part} loss is {said}: {where} the published range, {TOLERANCE} nats allowed."
