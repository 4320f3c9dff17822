"""Reconstruction: how well a model reconstructs an image from its code."""

from collections.abc import Iterable, Iterator
from typing import Annotated

import numpy as np
import torch
from jaxtyping import Float, UInt8
from pydantic import Field
from torch import Generator, Tensor

from latente.data import batches
from latente.data.images import Images
from latente.data.splits import Splits
from latente.measures.likelihood import importance_weights
from latente.measures.pca_error import pca_errors
from latente.models.network.autoencoder import Autoencoder, LossTerms
from latente.models.network.objectives import bernoulli_distortion, importance_log_likelihood
from latente.project.types import Section, Seed
from latente.results import figures
from latente.results.grid import Grid
from latente.results.labels import label
from latente.results.measurement import Measurement
from latente.results.result import Result

PerImage = dict[str, Float[np.ndarray, " images"]]


class Options(Section):
    """Number of samples of the importance-sampled log-likelihood; number of images shown; seed of the noise."""

    importance_samples: Annotated[int, Field(ge=1, le=10_000)]
    examples: Annotated[int, Field(ge=1, le=20)]
    seed: Seed


@torch.no_grad()
def analyse(nets: Grid[Autoencoder], images: Splits, options: Options) -> Result:
    """Measure distortion, squared error, rate, ELBO and log-likelihood on the test images, in total and by class.

    Distortion, rate and ELBO are at one posterior sample. `mse` and `distortion_at_mean` are at the posterior mean, as
    in the figure. A point posterior has no rate, no ELBO and no likelihood. The subject `floor` has the lowest possible
    distortion, which is the entropy of the grey levels. The subject `pca` has the error of PCA with as many components
    as a code has dimensions.
    """
    x, labels = batches.whole(images.test), images.test.labels
    entropy = torch.special.entr(x) + torch.special.entr(1 - x)
    errors = pca_errors(images.train.grey, x.numpy(), next(iter(nets.first.values())).sizes.latent_dim)
    measurements: dict[str, dict[str, Measurement]] = nets.map(
        lambda net: _measured(_values(net, images.test, options), labels)
    ).by_name
    measurements["floor"] = {"data": _measured({"distortion": entropy.sum(-1).double().numpy()}, labels)}
    measurements["pca"] = {"data": _measured({"mse": errors}, labels)}
    shown = x[_examples(images.test, options.examples)]
    rows = {"original": shown.numpy()}
    rows |= {label(m): net.decode(net.posterior(shown).mean).sigmoid().numpy() for m, net in nets.first.items()}
    return Result(measurements, {"reconstructions": figures.image_rows(rows)})


def _measured(values: PerImage, labels: UInt8[np.ndarray, " images"]) -> Measurement:
    """Means over all images. If both distortion and squared error are given, also their means over every class."""
    whole = Measurement.over_images(values)
    if not {"distortion", "mse"} <= set(values):
        return whole
    return whole | Measurement(
        {
            f"class.{value}.{name}": float(values[name][labels == value].mean())
            for value in np.unique(labels)
            for name in ("distortion", "mse")
        }
    )


def _values(net: Autoencoder, test: Images, options: Options) -> PerImage:
    generator = Generator().manual_seed(options.seed)
    terms = _joined(dict(_batch_terms(net, x, generator)) for x in batches.in_order(test))
    if "rate" in terms:
        terms["elbo"] = -(terms["distortion"] + terms["rate"])
        parts = batches.in_order(test, size=100)
        terms |= _joined(_likelihoods(net, x, options.importance_samples, generator) for x in parts)
    return {name: value.double().numpy() for name, value in terms.items()}


def _joined(parts: Iterable[LossTerms]) -> LossTerms:
    every = list(parts)
    return {name: torch.cat([part[name] for part in every]) for name in every[0]}


def _batch_terms(
    net: Autoencoder, x: Float[Tensor, "batch pixels"], generator: Generator
) -> Iterator[tuple[str, Float[Tensor, " batch"]]]:
    posterior = net.posterior(x)
    z = posterior.sample(generator)
    yield "distortion", bernoulli_distortion(net.decode(z), x)
    if posterior.logvar.isfinite().all():
        yield "rate", net.rate(posterior, z)
    logits = net.decode(posterior.mean)
    yield "distortion_at_mean", bernoulli_distortion(logits, x)
    yield "mse", (logits.sigmoid() - x).square().mean(-1)


def _likelihoods(net: Autoencoder, x: Float[Tensor, "batch pixels"], samples: int, generator: Generator) -> LossTerms:
    """Log-likelihood from all samples and from the first 1, 10, 100, ... samples; rate as a mean over the samples."""
    log_weights, log_ratio = importance_weights(net, x, samples, generator)
    counts = [10**power for power in range(len(str(samples)))]
    return {
        "log_likelihood": importance_log_likelihood(log_weights),
        "rate_monte_carlo": log_ratio.mean(0),
    } | {f"importance.{count}": importance_log_likelihood(log_weights[:count]) for count in counts}


def _examples(test: Images, count: int) -> list[int]:
    """Indices of the images to show: the first image of every class, then the second image of every class, ..."""
    rank = np.empty(len(test), dtype=np.int64)
    for value in np.unique(test.labels):
        members = np.flatnonzero(test.labels == value)
        rank[members] = np.arange(len(members))
    return [int(index) for index in np.lexsort((test.labels, rank))[:count]]
