"""Reconstruction: how well an image survives its code."""

from collections.abc import Iterable, Iterator
from typing import Annotated

import numpy as np
import torch
from jaxtyping import Float, UInt8
from pydantic import Field
from torch import Generator, Tensor

from latente import figures, groups
from latente.autoencoder import Autoencoder, Terms
from latente.data import batches
from latente.data.mnist import CLASSES, Images
from latente.data.splits import Splits
from latente.groups import Replicates
from latente.objectives import bernoulli_distortion, gaussian_kl, gaussian_log_density, importance_log_likelihood
from latente.params import Section, Seed
from latente.result import Grid, Result

PerImage = dict[str, Float[np.ndarray, " images"]]


class Options(Section):
    """Samples of the importance-sampled log-likelihood; images shown; seed of the noise."""

    importance_samples: Annotated[int, Field(ge=1, le=10_000)]
    examples: Annotated[int, Field(ge=1, le=20)]
    seed: Seed


@torch.no_grad()
def analyse(nets: Grid[Autoencoder], images: Splits, options: Options) -> Result:
    """Distortion, squared error, rate, ELBO and log-likelihood on the test images, in all and by class.

    Distortion, rate and ELBO are at one sample of the posterior; `mse` and `distortion_at_mean` at its mean, which is
    what the figure shows. A point posterior has neither rate, ELBO nor likelihood. The subject `floor` holds the least
    possible distortion: the entropy of the grey levels themselves; `pca` the error of as many principal components as
    a code has dimensions.
    """
    test = images.test
    values = {
        model: {str(seed): _values(net, test, options) for seed, net in seeds.items()} for model, seeds in nets.items()
    }
    x = torch.cat(list(batches.in_order(test)))
    entropy = torch.special.entr(x) + torch.special.entr(1 - x)
    latent_dim = next(net.latent_dim for seeds in nets.values() for net in seeds.values())
    values["floor"] = {"data": {"distortion": entropy.sum(-1).double().numpy()}}
    values["pca"] = {"data": {"mse": pca_errors(_grey(images.train), x.numpy(), latent_dim)}}
    scores = {
        subject: {seed: _scores(each, test.labels) for seed, each in seeds.items()} for subject, seeds in values.items()
    }
    replicates = {
        subject: {seed: _replicates(each) for seed, each in seeds.items()} for subject, seeds in values.items()
    }
    chosen = _examples(test, options.examples)
    rows = {"original": x[chosen].numpy()}
    for model, seeds in nets.items():
        net = next(iter(seeds.values()))
        rows[figures.label(model)] = net.decode(net.posterior(x[chosen]).mean).sigmoid().numpy()
    return Result(scores, {"reconstructions": figures.image_rows(rows)}, replicates)


def pca_errors(
    train: Float[np.ndarray, "train pixels"], x: Float[np.ndarray, "images pixels"], components: int
) -> Float[np.ndarray, " images"]:
    """Squared error per pixel of every image on the first principal components of the training images.

    The least error that any linear code of that length has on the training images: what a deep model must beat.
    """
    centre = train.mean(0, dtype=np.float64)
    directions = np.linalg.eigh(np.cov(train, rowvar=False))[1][:, -components:]
    centred = x - centre
    return np.asarray(np.square(centred - centred @ directions @ directions.T).mean(-1))


def _scores(values: PerImage, labels: UInt8[np.ndarray, " images"]) -> dict[str, float]:
    return {name: float(value.mean()) for name, value in values.items()} | {
        f"class.{digit}.{name}": float(values[name][labels == digit].mean())
        for digit in range(CLASSES)
        if (labels == digit).any()
        for name in ("distortion", "mse")
        if {"distortion", "mse"} <= set(values)
    }


def _replicates(values: PerImage) -> dict[str, Replicates]:
    return {name: groups.left_out(value) for name, value in values.items()}


def _values(net: Autoencoder, test: Images, options: Options) -> PerImage:
    generator = Generator().manual_seed(options.seed)
    terms = _joined(dict(_batch_terms(net, x, generator)) for x in batches.in_order(test))
    if "rate" in terms:
        terms["elbo"] = -(terms["distortion"] + terms["rate"])
        parts = batches.in_order(test, size=100)
        terms |= _joined(_likelihoods(net, x, options.importance_samples, generator) for x in parts)
    return {name: value.double().numpy() for name, value in terms.items()}


def _joined(parts: Iterable[Terms]) -> Terms:
    every = list(parts)
    return {name: torch.cat([part[name] for part in every]) for name in every[0]}


def _batch_terms(
    net: Autoencoder, x: Float[Tensor, "batch 784"], generator: Generator
) -> Iterator[tuple[str, Float[Tensor, " batch"]]]:
    posterior = net.posterior(x)
    yield "distortion", bernoulli_distortion(net.decode(posterior.sample(generator)), x)
    if posterior.logvar.isfinite().all():
        yield "rate", gaussian_kl(posterior.mean, posterior.logvar).sum(-1)
    logits = net.decode(posterior.mean)
    yield "distortion_at_mean", bernoulli_distortion(logits, x)
    yield "mse", (logits.sigmoid() - x).square().mean(-1)


def _likelihoods(net: Autoencoder, x: Float[Tensor, "batch 784"], samples: int, generator: Generator) -> Terms:
    """Log-likelihood from all samples, and from the first 1, 10, 100, ...; the rate as the samples' own mean."""
    log_weights, log_ratio = importance_weights(net, x, samples, generator)
    counts = [10**power for power in range(len(str(samples)))]
    return {
        "log_likelihood": importance_log_likelihood(log_weights),
        "rate_monte_carlo": log_ratio.mean(0),
    } | {f"importance.{count}": importance_log_likelihood(log_weights[:count]) for count in counts}


def log_likelihood(
    net: Autoencoder, x: Float[Tensor, "batch 784"], samples: int, generator: Generator
) -> Float[Tensor, " batch"]:
    """Importance-sampled lower bound on log p(x), in nats per image; higher is better.

    Args:
        net: A model with a Gaussian posterior.
        x: Grey levels in [0, 1].
        samples: Codes drawn for each image.
        generator: Source of the noise.
    """
    return importance_log_likelihood(importance_weights(net, x, samples, generator)[0])


def importance_weights(
    net: Autoencoder, x: Float[Tensor, "batch 784"], samples: int, generator: Generator
) -> tuple[Float[Tensor, "samples batch"], Float[Tensor, "samples batch"]]:
    r"""Of codes of the posterior: $\log p(x, z) - \log q(z \mid x)$ and $\log q(z \mid x) - \log p(z)$, in nats."""
    posterior = net.posterior(x)
    z = torch.stack([posterior.sample(generator) for _ in range(samples)])
    zeros = torch.zeros_like(posterior.mean)
    log_ratio = gaussian_log_density(z, posterior.mean, posterior.logvar) - gaussian_log_density(z, zeros, zeros)
    distortion = bernoulli_distortion(net.decode(z), x.expand(samples, *x.shape))
    return -distortion - log_ratio, log_ratio


def _grey(images: Images) -> Float[np.ndarray, "images 784"]:
    return batches.grey(batches.pixels(images)).numpy()


def _examples(test: Images, count: int) -> list[int]:
    """The first image of each class in turn, then the second of each, ..."""
    rank = np.empty(len(test), dtype=np.int64)
    for digit in range(CLASSES):
        members = np.flatnonzero(test.labels == digit)
        rank[members] = np.arange(len(members))
    return [int(index) for index in np.lexsort((test.labels, rank))[:count]]
