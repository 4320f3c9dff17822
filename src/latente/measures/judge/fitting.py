"""Training of the networks of the judge, on digits and on images that are no digits."""

import torch
from jaxtyping import Float, Int64
from torch import Generator, Tensor
from torch.nn import functional
from torch.optim import AdamW
from torch.optim.lr_scheduler import OneCycleLR

from latente.data import batches
from latente.data.mnist import Images
from latente.errors import LatenteError
from latente.measures.judge import non_digits
from latente.measures.judge.network import NO_DIGIT, Classifier
from latente.project.sections import Judge


def fit_all(images: Images, options: Judge) -> list[Classifier]:
    """Train the networks of the judge, with the seeds `seed`, `seed + 1` and so on.

    Args:
        images: Training images.
        options: Number of networks, training schedule and first seed.

    Raises:
        LatenteError: A loss is not finite.
    """
    return [fit(images, options, options.seed + number) for number in range(options.networks)]


def fit(images: Images, options: Judge, seed: int) -> Classifier:
    """Train one network with a one-cycle learning rate, on images shifted by up to two pixels.

    The images of each batch also become non-digits of the trained kinds. They are in the same batch as the images, and
    their class is `NO_DIGIT`. With half as many non-digits, a network accepted more of those kinds that a trial left
    out of its training.

    Args:
        images: Training images.
        options: Training schedule.
        seed: Seed of the initial weights, the order, the shifts and the non-digits.

    Raises:
        LatenteError: The loss is not finite.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = Classifier()
    generator = Generator().manual_seed(seed)
    steps = -(-len(images) // options.batch_size) * options.epochs
    optimiser = AdamW(network.parameters(), fused=True)
    schedule = OneCycleLR(optimiser, options.learning_rate, total_steps=steps)
    pixels, labels = batches.pixels(images), torch.tensor(images.labels).long()
    for epoch in range(1, options.epochs + 1):
        for index in batches.shuffled(pixels, options.batch_size, generator):
            x, classes = with_non_digits(batches.grey(pixels[index]), labels[index], generator)
            loss = functional.cross_entropy(network(_shifted(x, generator)), classes)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
        if not loss.isfinite():
            raise LatenteError(f"epoch {epoch}: the loss is {loss.item():g}; lower judge.learning_rate in params.yaml")
    return network.eval()


def with_non_digits(
    x: Float[Tensor, "images 784"], labels: Int64[Tensor, " images"], generator: Generator
) -> tuple[Float[Tensor, "more 784"], Int64[Tensor, " more"]]:
    """The images, then non-digits of the trained kinds made from them; with all their classes."""
    others = non_digits.mixed(x, labels, generator)
    return torch.cat([x, others]), torch.cat([labels, labels.new_full((len(others),), NO_DIGIT)])


def _shifted(x: Float[Tensor, "batch 784"], generator: Generator) -> Float[Tensor, "batch 784"]:
    """The batch, shifted by one random step of up to two pixels in each direction, and filled with black."""
    top, left = torch.randint(0, 5, (2,), generator=generator).tolist()
    padded = functional.pad(x.reshape(-1, 28, 28), (2, 2, 2, 2))
    return padded[:, top : top + 28, left : left + 28].reshape(-1, 784)
