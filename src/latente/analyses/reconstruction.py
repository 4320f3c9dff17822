"""Reconstruction: how well an image survives its code."""

from collections.abc import Iterator
from typing import Annotated

import numpy as np
import torch
from jaxtyping import Float
from pydantic import Field
from torch import Generator, Tensor

from latente import figures
from latente.autoencoder import Autoencoder
from latente.data import batches
from latente.data.mnist import CLASSES, Images
from latente.objectives import bernoulli_distortion, gaussian_log_density, importance_log_likelihood
from latente.params import Section, Seed
from latente.result import Grid, Result


class Options(Section):
    """Samples of the importance-sampled log-likelihood; images shown; seed of the noise."""

    importance_samples: Annotated[int, Field(ge=1, le=10_000)]
    examples: Annotated[int, Field(ge=1, le=20)]
    seed: Seed


@torch.no_grad()
def analyse(nets: Grid[Autoencoder], test: Images, options: Options) -> Result:
    """Distortion, squared error, rate, ELBO and log-likelihood on the test images, in all and by class.

    Distortion, rate and ELBO are at one sample of the posterior; `mse` and `distortion_at_mean` at its mean, which is
    what the figure shows. A point posterior has neither rate, ELBO nor likelihood. The subject `floor` holds the least
    possible distortion: the entropy of the grey levels themselves.
    """
    scores = {
        model: {str(seed): _scores(net, test, options) for seed, net in seeds.items()} for model, seeds in nets.items()
    }
    x = torch.cat(list(batches.in_order(test)))
    entropy = (torch.special.entr(x) + torch.special.entr(1 - x)).sum(-1)
    floor = {"distortion": float(entropy.double().mean())}
    chosen = _examples(test, options.examples)
    rows = {"original": x[chosen].numpy()}
    for model, seeds in nets.items():
        net = next(iter(seeds.values()))
        rows[figures.label(model)] = net.decode(net.posterior(x[chosen]).mean).sigmoid().numpy()
    return Result({**scores, "floor": {"data": floor}}, {"reconstructions": figures.image_rows(rows)})


def _scores(net: Autoencoder, test: Images, options: Options) -> dict[str, float]:
    generator = Generator().manual_seed(options.seed)
    terms = _terms(net, test, generator)
    if "rate" in terms:
        terms["elbo"] = -(terms["distortion"] + terms["rate"])
        parts = batches.in_order(test, size=100)
        terms["log_likelihood"] = torch.cat(
            [log_likelihood(net, x, options.importance_samples, generator) for x in parts]
        )
    values = {name: value.double().numpy() for name, value in terms.items()}
    return {name: float(value.mean()) for name, value in values.items()} | {
        f"class.{digit}.{name}": float(values[name][test.labels == digit].mean())
        for digit in range(CLASSES)
        if (test.labels == digit).any()
        for name in ("distortion", "mse")
    }


def _terms(net: Autoencoder, test: Images, generator: Generator) -> dict[str, Float[Tensor, " images"]]:
    parts = [dict(_batch_terms(net, x, generator)) for x in batches.in_order(test)]
    return {name: torch.cat([part[name] for part in parts]) for name in parts[0]}


def _batch_terms(
    net: Autoencoder, x: Float[Tensor, "batch 784"], generator: Generator
) -> Iterator[tuple[str, Float[Tensor, " batch"]]]:
    objective = net.objective(x, generator)
    yield from ((name, objective[name]) for name in ("distortion", "rate") if name in objective)
    logits = net.decode(net.posterior(x).mean)
    yield "distortion_at_mean", bernoulli_distortion(logits, x)
    yield "mse", (logits.sigmoid() - x).square().mean(-1)


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
    posterior = net.posterior(x)
    z = torch.stack([posterior.sample(generator) for _ in range(samples)])
    zeros = torch.zeros_like(posterior.mean)
    log_prior = gaussian_log_density(z, zeros, zeros)
    log_posterior = gaussian_log_density(z, posterior.mean, posterior.logvar)
    distortion = bernoulli_distortion(net.decode(z), x.expand(samples, *x.shape))
    return importance_log_likelihood(log_prior - distortion - log_posterior)


def _examples(test: Images, count: int) -> list[int]:
    """The first image of each class in turn, then the second of each, ..."""
    rank = np.empty(len(test), dtype=np.int64)
    for digit in range(CLASSES):
        members = np.flatnonzero(test.labels == digit)
        rank[members] = np.arange(len(members))
    return [int(index) for index in np.lexsort((test.labels, rank))[:count]]
