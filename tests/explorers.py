"""Small explorers: pages of models that train for seconds."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from latente.analyses import gap, prior, projection, representation
from latente.codes.encoding import encode
from latente.data.splits import Splits
from latente.determinism import threads
from latente.explorer import content, page
from latente.explorer.content import Content, Model
from latente.explorer.spaces import Space
from latente.measures.judge import calibration, fitting
from latente.measures.judge.ensemble import Judge
from latente.models.network import factory
from latente.models.network.autoencoder import Sizes
from latente.models.training import fit
from latente.project.sections import Judge as JudgeOptions
from latente.project.sections import Network, Train
from tests.support import DIGITS, ROOT, UNLABELLED

OPTIONS = content.Options(
    images=80,
    accept=0.95,
    gap=gap.Options(samples=100, active=0.01, fitted=400, codes_per_component=100, quantile=0.95, seed=0),
    prior=prior.Options(samples=100, components=[1, 2], fitted=400, neighbours=5, memory=20, examples=8, seed=0),
    projection=projection.Options(images=150, perplexity=10.0, neighbours=10, seed=0),
    representation=representation.Options(active=0.01, images=200, neighbours=5, seed=0),
)
TRAIN = Train(epochs=4, batch_size=50, learning_rate=0.003, precision="fp32", device="cpu")
JUDGE = JudgeOptions(networks=2, accept=0.95, epochs=2, batch_size=50, learning_rate=0.004, seed=0)
LATENT = 6


@dataclass(frozen=True)
class Explorer:
    """A page, and what it was made of."""

    models: Sequence[Model]
    judge: Judge
    images: Splits
    content: Content
    page: bytes


def explorer(images: Splits, network: Network, models: Sequence[str]) -> Explorer:
    """The page of some models with one network, each trained for a few epochs on a few hundred images."""
    threads.limit(1)
    found = [Model(name, 0, *(_space(images, network, name, size) for size in (LATENT, 2))) for name in models]
    data = DIGITS if images.judge.are_labelled else UNLABELLED
    networks = fitting.fit_all(images.judge, data, JUDGE)
    judge = calibration.calibrate(networks, images.validation, data, JUDGE)
    results = content.Results(_claims(), _numbers(models))
    made = content.build(found, content.Data(images, data), judge, results, OPTIONS)
    return Explorer(found, judge, images, made, page.render(made))


def _space(images: Splits, network: Network, name: str, latent: int) -> Space:
    sizes = Sizes(images.train.pixels.shape[1], latent, network)
    net = factory.build(name, sizes, _section(name), seed=0)
    fit.fit(net, images, TRAIN, 0, lambda _, __: None)
    return Space(net, encode(net, images, 0))


def _section(name: str):
    given = {"vae": {"beta": 1.0}, "vamp": {"components": 5}}
    return factory.options(name).model_validate(given.get(name, {}))


def _claims() -> list[dict]:
    return json.loads((ROOT / "reports/metrics/claims.json").read_bytes())["claims"]


def _numbers(models: Sequence[str]) -> dict[str, dict[str, float]]:
    """The share accepted differs between densities; the mixture has two Gaussians."""
    shares = {"standard": 0.25, "gaussian": 0.5, "mixture": 0.75}
    return {
        f"prior.{name}.{density}.accepted": {"0": share} for name in models for density, share in shares.items()
    } | {f"prior.{name}.mixture.components": {"0": 2} for name in models}
