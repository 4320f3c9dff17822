"""How fast does a training schedule learn? A person runs `python -m benchmarks.schedules NAME...`.

The script reads `data/raw`, trains AE and VAE of the study with other schedules in about the same time, and prints rows
for `docs/training.md`. Its seeds have no other part in the project, and it never reads a test image.
"""

import sys
import time
from dataclasses import dataclass
from typing import Literal

from jaxtyping import UInt8
from torch import Generator, Tensor
from torch.optim import AdamW
from torch.optim.lr_scheduler import LambdaLR

from latente.data import batches, splits
from latente.determinism import threads
from latente.models.network import factory
from latente.models.network.autoencoder import Autoencoder, Sizes
from latente.models.training import fit, hardware
from latente.project import params, paths

SEEDS = (100, 101, 102)
_NOISE = 1


@dataclass(frozen=True)
class Schedule:
    """A schedule. The learning rate rises over a first share of the steps, and falls to zero over a last share.

    Attributes:
        peak: The highest learning rate.
        rising, falling: Shares of the steps, in [0, 1].
        beta2: Decay of Adam's average of squared gradients.
        epochs, batch_size: Passes over the training images, and images of a step.
        precision: bf16 is faster on some processors only.
    """

    peak: float
    rising: float
    falling: float
    beta2: float = 0.999
    epochs: int = 10
    batch_size: int = 128
    precision: Literal["fp32", "bf16"] = "fp32"


SCHEDULES = {
    "before": Schedule(0.001, 0, 0.25),
    "half": Schedule(0.001, 0, 0.5),
    "b64": Schedule(0.001, 0, 0.5, epochs=6, batch_size=64),
    "b256": Schedule(0.002, 0, 0.5, epochs=11, batch_size=256),
    "bf16": Schedule(0.001, 0, 0.25, epochs=15, precision="bf16"),
    "beta2": Schedule(0.001, 0, 0.25, 0.99),
    "high": Schedule(0.002, 0, 0.25),
    "high-half": Schedule(0.002, 0, 0.5),
    "high-all": Schedule(0.002, 0, 1),
    "high-beta2": Schedule(0.002, 0, 0.5, 0.99),
    "rise-2": Schedule(0.002, 0.1, 0.9),
    "rise-3": Schedule(0.003, 0.1, 0.9),
    "rise-4": Schedule(0.004, 0.1, 0.9),
    "rise-b256": Schedule(0.004, 0.1, 0.9, epochs=11, batch_size=256),
    "rise-2-beta2": Schedule(0.002, 0.1, 0.9, 0.99),
    "rise-3-beta2": Schedule(0.003, 0.1, 0.9, 0.99),
    "flat-2": Schedule(0.002, 0.1, 0.5, 0.99),
    "chosen": Schedule(0.003, 0.1, 0.5, 0.99),
    "flat-4": Schedule(0.004, 0.1, 0.5, 0.99),
    "flat-4-98": Schedule(0.004, 0.1, 0.5, 0.98),
    "chosen-40": Schedule(0.003, 0.1, 0.4, 0.99),
    "chosen-70": Schedule(0.003, 0.1, 0.7, 0.99),
    "chosen-98": Schedule(0.003, 0.1, 0.5, 0.98),
    "chosen-95": Schedule(0.003, 0.1, 0.5, 0.95),
}
"""What was tried, in the order of the table."""


def main(names: list[str]) -> None:
    """Train, and print a row for every schedule and seed."""
    threads.limit(1)
    study = params.load()
    images = splits.load(paths.raw(), study.split)
    train, validation = batches.pixels(images.train), batches.pixels(images.validation)
    for name in names or SCHEDULES:
        for seed in SEEDS:
            for model in study.study.models:
                options = study.model(model, factory.options(model))
                net = factory.build(model, Sizes(784, study.study.latent_dim, study.network), options, seed)
                start = time.process_time()
                _learn(net, train, SCHEDULES[name], seed)
                seconds = time.process_time() - start
                loss = fit.evaluate(net, validation, seed)["loss"]
                print(f"{name} {seed} {model}: {loss:.2f} nats per image, {seconds:.0f} s", flush=True)


def _learn(net: Autoencoder, pixels: UInt8[Tensor, "images pixels"], schedule: Schedule, seed: int) -> None:
    """Train a model in place."""
    steps = -(-len(pixels) // schedule.batch_size) * schedule.epochs

    def factor(step: int) -> float:
        rising = (step + 1) / (schedule.rising * steps) if schedule.rising else 1.0
        return min(1.0, rising, (1 - step / steps) / schedule.falling)

    optimiser = AdamW(net.parameters(), schedule.peak, (0.9, schedule.beta2), weight_decay=0, fused=True)
    rates = LambdaLR(optimiser, factor)
    order, noise = Generator().manual_seed(seed), Generator().manual_seed((seed << 8) + _NOISE)
    for _ in range(schedule.epochs):
        with hardware.arithmetic(schedule.precision):
            for index in batches.shuffled(pixels, schedule.batch_size, order):
                loss = net.objective(batches.grey(pixels[index]), noise)["loss"].mean()
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
                rates.step()


if __name__ == "__main__":
    main(sys.argv[1:])
