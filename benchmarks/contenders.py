"""Several ways to train the same VAE: the way of this project, and common ways of today."""

import logging
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor
from torch.optim import Adam
from torch.utils.data import DataLoader, TensorDataset
from torchvision import datasets, transforms

from latente.data import batches
from latente.data.images import Images
from latente.data.splits import Splits
from latente.determinism import threads
from latente.models.network import factory
from latente.models.network.autoencoder import Autoencoder, Sizes
from latente.models.training import fit
from latente.models.variants import vae
from latente.project import paths
from latente.project.sections import Network, Train

LATENT_DIM, BATCH_SIZE, LEARNING_RATE = 16, 128, 1e-3
NETWORK = Network(name="mlp", hidden=(512, 256), channels=(16, 32))

OnEpoch = Callable[[Autoencoder], None]
"""Gets the model after every epoch."""

Way = Callable[[int, int, OnEpoch], object]
"""(epochs, seed, on_epoch) -> trains a new model."""


def fresh(seed: int) -> Autoencoder:
    """The model that all ways train, before training."""
    return factory.build("vae", Sizes(784, LATENT_DIM, NETWORK), vae.Options(beta=1.0), seed)


def ours(images: Images, precision: Literal["fp32", "bf16"], count: int = 1) -> Way:
    """The training of the stage `train`, on `count` threads, but with only a hundred validation images."""
    some = images[np.arange(100)]
    parts = Splits(images, some, some, some)

    def train(epochs: int, seed: int, on_epoch: OnEpoch) -> None:
        threads.limit(count)
        net = fresh(seed)
        options = Train(
            epochs=epochs,
            batch_size=BATCH_SIZE,
            learning_rate=LEARNING_RATE,
            precision=precision,
            device="cpu",
        )

        fit.fit(net, parts, options, seed, lambda *_: on_epoch(net))

    return train


def usual(workers: int, count: int) -> Way:
    """The loop of most tutorials: torchvision's data set, ToTensor, a DataLoader, and Adam."""

    def train(epochs: int, seed: int, on_epoch: OnEpoch) -> None:
        torch.set_num_threads(count)
        torch.manual_seed(seed)
        with _torchvision() as folder:
            data = datasets.MNIST(folder, train=True, transform=transforms.ToTensor())
            loader = DataLoader(data, BATCH_SIZE, shuffle=True, num_workers=workers)
            net = fresh(seed)
            optimiser = Adam(net.parameters(), lr=LEARNING_RATE)
            for _ in range(epochs):
                for x, _ in loader:
                    _step(net, x.flatten(1), optimiser)
                on_epoch(net)

    return train


def lightning(images: Images, count: int) -> Way:
    """The trainer of Lightning, with the images in memory as floats."""
    import lightning  # noqa: PLC0415 (an optional package)

    class Module(lightning.LightningModule):
        def __init__(self, net: Autoencoder, on_epoch: OnEpoch) -> None:
            super().__init__()
            self.net, self._on_epoch = net, on_epoch

        def training_step(self, batch: list[Tensor]) -> Tensor:
            return self.net.objective(batch[0], torch.default_generator)["loss"].mean()

        def on_train_epoch_end(self) -> None:
            self._on_epoch(self.net)

        def configure_optimizers(self) -> Adam:
            return Adam(self.parameters(), lr=LEARNING_RATE)

    def train(epochs: int, seed: int, on_epoch: OnEpoch) -> None:
        torch.set_num_threads(count)
        torch.manual_seed(seed)
        logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
        loader = DataLoader(TensorDataset(_grey(images)), BATCH_SIZE, shuffle=True)
        silent: dict[str, Any] = {"logger": False, "enable_progress_bar": False, "enable_model_summary": False}
        with warnings.catch_warnings(action="ignore"):
            trainer = lightning.Trainer(
                max_epochs=epochs, accelerator="cpu", devices=1, enable_checkpointing=False, **silent
            )
            trainer.fit(Module(fresh(seed), on_epoch), loader)

    return train


def pythae(images: Images, count: int) -> Way:
    """The trainer of benchmark_VAE, with the images in memory as floats, but without evaluation after an epoch."""
    from pythae.data.datasets import BaseDataset  # noqa: PLC0415 (an optional package)
    from pythae.models import VAE, VAEConfig  # noqa: PLC0415 (as above)
    from pythae.models.base.base_utils import ModelOutput  # noqa: PLC0415 (as above)
    from pythae.models.nn import BaseDecoder, BaseEncoder  # noqa: PLC0415 (as above)
    from pythae.trainers import BaseTrainer, BaseTrainerConfig  # noqa: PLC0415 (as above)

    class Encoder(BaseEncoder):
        def __init__(self, net: Autoencoder) -> None:
            super().__init__()
            self.net = net

        def forward(self, x: Tensor) -> Any:
            posterior = self.net.posterior(x)
            return ModelOutput(embedding=posterior.mean, log_covariance=posterior.logvar)

    class Decoder(BaseDecoder):
        def __init__(self, net: Autoencoder) -> None:
            super().__init__()
            self.decoder = net.decoder

        def forward(self, z: Tensor) -> Any:
            return ModelOutput(reconstruction=self.decoder(z).sigmoid())

    def train(epochs: int, seed: int, on_epoch: OnEpoch) -> None:
        torch.set_num_threads(count)
        net = fresh(seed)
        config = VAEConfig(input_dim=(784,), latent_dim=LATENT_DIM, reconstruction_loss="bce")
        with tempfile.TemporaryDirectory() as folder:
            settings = BaseTrainerConfig(
                output_dir=folder,
                per_device_train_batch_size=BATCH_SIZE,
                learning_rate=LEARNING_RATE,
                num_epochs=epochs,
                seed=seed,
            )
            model = VAE(config, encoder=Encoder(net), decoder=Decoder(net))
            data = BaseDataset(_grey(images), torch.tensor(images.labels))
            trainer = BaseTrainer(model, data, training_config=settings)
            trainer.prepare_training()
            for epoch in range(1, epochs + 1):
                trainer.train_step(epoch)
                on_epoch(net)

    return train


def _step(net: Autoencoder, x: Tensor, optimiser: Adam) -> None:
    loss = net.objective(x, torch.default_generator)["loss"].mean()
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()


def _grey(images: Images) -> Tensor:
    return batches.grey(batches.pixels(images))


@contextmanager
def _torchvision() -> Iterator[Path]:
    """A folder where torchvision finds the images."""
    with tempfile.TemporaryDirectory() as folder:
        raw = Path(folder) / "MNIST" / "raw"
        raw.parent.mkdir()
        raw.symlink_to(paths.raw().resolve())
        yield Path(folder)
