"""The importance-sampled log-likelihood of binary digits: is our estimate close to published values?"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from jaxtyping import UInt8
from matplotlib.figure import Figure
from torch import Generator, Tensor

from benchmarks import loop, text
from latente.data import batches
from latente.data.images import Images
from latente.measures import likelihood
from latente.models.network import factory
from latente.models.network.autoencoder import Autoencoder, Sizes
from latente.models.training import fit
from latente.models.variants import vae
from latente.project.sections import Network
from latente.results import figures, labels
from latente.study import tables

EPOCHS = 40
EVERY = 5
BATCH_SIZE = 100
NETWORK = Network(name="mlp", hidden=(400,), channels=(16, 32))
LATENT_DIM = 40
SAMPLES = 200
SUBSET = 2000
SEED = 0
PUBLISHED = 89.78
REFERENCE = 89.9
_TEST = 2  # the seed of the test pixels; it differs from the seed of the training


@dataclass(frozen=True)
class Measured:
    """Negative log-likelihoods in nats per image; lower is better.

    Attributes:
        curve: Epoch -> importance-sampled estimate on a subset of the test images.
        nll: Importance-sampled estimate on all test images after training.
        elbo: Negative ELBO on all test images after training, at one sample; in expectation, at least `nll`.
    """

    curve: dict[int, float]
    nll: float
    elbo: float


def measure(train: Images, test: Images, count: int = EPOCHS, every: int = EVERY, subset: int = SUBSET) -> Measured:
    """Train on binary pixels that are sampled again at each step, and measure on test pixels that are sampled once.

    Args:
        train: Training images.
        test: Test images.
        count: Number of epochs.
        every: Number of epochs between two points of the curve.
        subset: Number of test images for a point of the curve; these are the first test images.
    """
    net = factory.build("vae", Sizes(784, LATENT_DIM, NETWORK), vae.Options(beta=1.0), SEED)
    held_out = loop.binarise(batches.pixels(test), Generator().manual_seed(_TEST))
    passes = loop.epochs(net, batches.pixels(train), count, BATCH_SIZE, SEED, draw=loop.binarise)
    curve = {epoch: nll(net, held_out[:subset]) for epoch, _ in enumerate(passes, 1) if epoch % every == 0}
    return Measured(curve, nll(net, held_out), fit.evaluate(net, held_out, SEED)["loss"])


@torch.no_grad()
def nll(net: Autoencoder, pixels: UInt8[Tensor, "images pixels"], samples: int = SAMPLES) -> float:
    """Mean importance-sampled negative log-likelihood. Every call uses the same noise.

    Args:
        net: A model with a Gaussian posterior.
        pixels: Binary pixels, 0 or 255.
        samples: Number of sampled codes for each image.

    Returns:
        Nats per image; lower is better.
    """
    noise = Generator().manual_seed(SEED)
    parts = pixels.split(25)  # a part is small, so its samples stay in the cache of the processor
    found = [likelihood.log_likelihood(net, batches.grey(part), samples, noise) for part in parts]
    return -float(torch.cat(found).double().mean())


def to_markdown(found: Measured) -> str:
    """The section of docs/results.md."""
    epochs = [str(epoch) for epoch in found.curve]
    values = [f"{value:.2f}" for value in found.curve.values()]
    return f"""\
## The likelihood of binary digits
**Setup.** The model has the layers 784-400-{LATENT_DIM}-400-784 and ReLU. It trains for {EPOCHS} epochs from one seed
({SEED}), with batches of {BATCH_SIZE} and Adam at {loop.LEARNING_RATE}. Pixels are binary: the grey level is the
probability of white. Training pixels are sampled again at each step. Test pixels are sampled once, with a fixed seed.
The negative log-likelihood (NLL, nats per image) is estimated with {SAMPLES} importance samples. The published value is
[{PUBLISHED}](https://huggingface.co/clementchadebec/reproduced_vae), by benchmark_VAE, with the same layers and the
same number of samples; benchmark_VAE compares it with {REFERENCE}.

**What differs.** The published model trains for 500 epochs on pixels that were sampled only once. It holds out some
training images, and its learning rate falls in steps. Our model trains for {EPOCHS} epochs on all 60,000 training
images, and its pixels are sampled again, so it cannot memorise them. The test pixels are different samples of the same
grey levels.

The NLL of the first {SUBSET:,} test images:

{tables.render("markdown", ["epoch", *epochs], [["NLL ↓", *values]])}

![NLL against the epoch; the dashed line is the published value](img/likelihood.png)

On all 10,000 test images, after epoch {EPOCHS}, the NLL is **{found.nll:.2f}**. The negative ELBO is {found.elbo:.2f}.

{text.paragraph("**Verdict.**", verdict(found))}
"""


def verdict(found: Measured) -> str:
    """What the run shows, and what it does not show."""
    gap, tighter = found.nll - PUBLISHED, found.elbo - found.nll
    where = f"{abs(gap):.2f} nats {'above' if gap > 0 else 'below'}"
    bound = f"{tighter:.2f} nats below the negative ELBO, as expected" if tighter > 0 else "**not** a tighter bound"
    return (
        f"After {EPOCHS} epochs, the NLL is {where} the value published after 500 epochs. It is {bound}. "
        f"{_trend(found.curve)} The setups differ, so this run does not reproduce the published number."
    )


def _trend(curve: Mapping[int, float]) -> str:
    (before, earlier), (last, latest) = list(curve.items())[-2:]
    moved = f"by {abs(latest - earlier):.2f} nats from epoch {before} to epoch {last}"
    return f"The curve still falls: {moved}." if latest < earlier else f"The curve no longer falls: it rose {moved}."


def draw(curve: Mapping[int, float]) -> Figure:
    """A chart of the curve, with the published value as a dashed line."""
    drawn = figures.figure(3.2, width=6.0)
    axes = drawn.subplots()
    axes.plot(list(curve), list(curve.values()), "o-", color=labels.colour(1), markersize=4, label="latente")
    axes.axhline(PUBLISHED, color="black", linestyle="--", linewidth=1, label=f"published, 500 epochs: {PUBLISHED}")
    axes.set(xlabel="epoch", ylabel="test NLL, nats per image")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    return drawn
