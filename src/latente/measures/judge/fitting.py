"""Training of the networks of the judge, on real images and on outliers."""

import torch
from jaxtyping import Float, Int64
from torch import Generator, Tensor
from torch.nn import functional
from torch.optim import AdamW
from torch.optim.lr_scheduler import OneCycleLR

from latente.data import batches
from latente.data.description import Description
from latente.data.images import Images, side
from latente.errors import LatenteError
from latente.measures.judge import outliers
from latente.measures.judge.network import Classifier
from latente.measures.judge.outliers import Real
from latente.project.sections import Judge


def fit_all(images: Images, data: Description, options: Judge) -> list[Classifier]:
    """Train the networks of the judge, with the seeds `seed`, `seed + 1` and so on.

    Args:
        images: Training images.
        data: The data set of the images.
        options: Number of networks, training schedule and first seed.

    Raises:
        LatenteError: A loss is not finite.
    """
    return [fit(images, data, options, options.seed + number) for number in range(options.networks)]


def fit(images: Images, data: Description, options: Judge, seed: int) -> Classifier:
    """Train one network with a one-cycle learning rate, on images shifted by up to two pixels.

    The images of each batch also become outliers of the trained kinds, in the same batch (outlier exposure: Hendrycks,
    Mazeika & Dietterich 2019, https://arxiv.org/abs/1812.04606). With half as many outliers, a network accepted more of
    those kinds that a trial left out of its training.

    Args:
        images: Training images.
        data: The data set of the images.
        options: Training schedule.
        seed: Seed of the initial weights, the order, the shifts and the outliers.

    Raises:
        LatenteError: The loss is not finite.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = Classifier(images.pixels.shape[1], len(data.classes))
    generator = Generator().manual_seed(seed)
    steps = -(-len(images) // options.batch_size) * options.passes
    optimiser = AdamW(network.parameters(), fused=True)
    schedule = OneCycleLR(optimiser, options.learning_rate, total_steps=steps)
    pixels, labels = batches.pixels(images), torch.tensor(images.labels).long()
    for epoch in range(1, options.passes + 1):
        for index in batches.shuffled(pixels, options.batch_size, generator):
            x, classes = with_outliers(Real(batches.grey(pixels[index]), labels[index], data), generator)
            loss = functional.cross_entropy(network(_shifted(x, generator)), classes)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
        if not loss.isfinite():
            raise LatenteError(f"epoch {epoch}: the loss is {loss.item():g}; lower judge.learning_rate in params.yaml")
    return network.eval()


def with_outliers(real: Real, generator: Generator) -> tuple[Float[Tensor, "more pixels"], Int64[Tensor, " more"]]:
    """The images, then outliers of the trained kinds made from them; with all their classes."""
    others = outliers.mixed(real, generator)
    classes = real.labels.new_full((len(others),), len(real.data.classes))
    return torch.cat([real.x, others]), torch.cat([real.labels, classes])


def _shifted(x: Float[Tensor, "batch pixels"], generator: Generator) -> Float[Tensor, "batch pixels"]:
    """The batch, shifted by one random step of up to two pixels in each direction, and filled with black."""
    top, left = torch.randint(0, 5, (2,), generator=generator).tolist()
    height = side(x.shape[1])
    padded = functional.pad(x.reshape(-1, height, height), (2, 2, 2, 2))
    return padded[:, top : top + height, left : left + height].reshape(x.shape)
