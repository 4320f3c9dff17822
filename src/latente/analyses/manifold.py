"""Hidden manifold: images with a known number of coordinates, to test whether the measures find that number."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Annotated

import numpy as np
from jaxtyping import Float64, UInt8
from matplotlib.figure import Figure
from pydantic import Field

from latente.codes import encoding
from latente.data.mnist import PIXELS, Images
from latente.data.splits import Splits
from latente.measures import intrinsic_dimension, spectrum
from latente.measures.active_units import active
from latente.measures.hidden_manifold import HiddenManifold, hidden_manifold
from latente.measures.linear_map import linear_r2
from latente.models.network.autoencoder import Autoencoder
from latente.models.training import fit
from latente.project.sections import Train
from latente.project.types import Items, Rate, Section
from latente.results import figures
from latente.results.grid import Grid
from latente.results.labels import colour, label
from latente.results.measurement import Measurement, Measurements, under
from latente.results.result import Result

Build = Callable[[int], Autoencoder]
"""Seed -> a model with fresh weights."""

_VALIDATION = 500  # images that choose the epoch


class Options(Section):
    """Known dimensions; numbers of images; schedule of a short training; neighbours; threshold of active units."""

    dims: Items[Annotated[int, Field(ge=1, le=100)]]
    images: Annotated[int, Field(ge=100, le=60_000)]
    held_out: Annotated[int, Field(ge=100, le=10_000)]
    epochs: Annotated[int, Field(ge=1, le=10_000)]
    batch_size: Annotated[int, Field(ge=1, le=60_000)]
    learning_rate: Rate
    neighbours: Annotated[int, Field(ge=3, le=99)]
    active: Annotated[float, Field(ge=0, le=1e6)]


def analyse(builds: Mapping[str, Build], seeds: Sequence[int], train: Train, options: Options) -> Result:
    """Estimate the dimension of images with a known dimension, and train every model on these images.

    The seed determines images, weights and batches. The metrics for the known dimension D are at level `dD`.
    The subject `pixels` has the estimates from the images themselves. Its level `noise` has the estimates from images
    of independent pixels, which lie on no manifold. An estimator that finds few coordinates there is not reliable.

    Args:
        builds: Model -> function that builds it.
        seeds: Seeds of the study.
        train: Schedule of every training.
        options: Known dimensions, sizes, neighbours, threshold.
    """
    total = options.images + _VALIDATION + options.held_out
    manifolds = {seed: {dim: hidden_manifold(total, dim, seed) for dim in options.dims} for seed in seeds}
    trainings = Grid({model: {seed: (build, seed) for seed in seeds} for model, build in builds.items()})
    measurements: dict[str, dict[str, Measurement]] = trainings.map(
        lambda training: _recovered(*training, manifolds[training[1]], train, options)
    ).by_name
    measurements["pixels"] = {str(seed): _estimated(seed, manifolds[seed], options) for seed in seeds}
    return Result(measurements, {"dimensions": _draw(measurements, options.dims)})


def recover(
    net: Autoencoder, images: Splits, hidden: Float64[np.ndarray, "images dim"], options: Options
) -> dict[str, float]:
    """Measure how well the mean codes of a trained model recover the hidden coordinates.

    Args:
        net: A model trained on the training images.
        images: All images, in the order of `hidden`.
        hidden: Hidden coordinates of the images.
        options: Neighbours and threshold.

    Returns:
        intrinsic_dimension, intrinsic_dimension_mle: See `intrinsic_dimension.intrinsic`; on held-out codes. The known
            dimension is the correct value.
        effective_dimension: Participation ratio of the variance spectrum of the same codes.
        active_units: Number of dimensions whose variance over these codes is above the threshold (Burda et al. 2016).
        latent_r2: `linear_r2` of codes and coordinates. It is 1 if a linear map recovers the coordinates fully.
        permuted.latent_r2: `linear_r2` with permuted coordinates: the null, near 0.
    """
    codes = encoding.encode(net, images, seed=0)  # the seed only affects the samples, which are not used
    train, test = codes.only("train").mean.astype(np.float64), codes.only("test").mean.astype(np.float64)
    known = hidden[: len(train)], hidden[-len(test) :]
    generator = np.random.default_rng(0)
    shuffled = generator.permutation(known[0]), generator.permutation(known[1])
    return intrinsic_dimension.intrinsic(test, options.neighbours) | {
        "effective_dimension": spectrum.effective(spectrum.variances(test)),
        "active_units": float(active(test, options.active).sum()),
        "latent_r2": linear_r2((train, test), known),
        "permuted.latent_r2": linear_r2((train, test), shuffled),
    }


def _recovered(
    build: Build, seed: int, manifolds: Mapping[int, HiddenManifold], train: Train, options: Options
) -> Measurement:
    """Train a model for every known dimension, and measure what its codes recover."""
    values: dict[str, float] = {}
    for dim, manifold in manifolds.items():
        net, images = build(seed), _splits(manifold, options)
        fit.fit(net, images, train, seed, lambda *_: None)
        values |= under(f"d{dim}", recover(net, images, manifold.hidden, options))
    return Measurement(values)


def _estimated(seed: int, manifolds: Mapping[int, HiddenManifold], options: Options) -> Measurement:
    """Estimate the dimension of the images themselves, and of noise."""
    noise = np.random.default_rng(seed).integers(256, size=(options.held_out, PIXELS), dtype=np.uint8)
    images = {"noise": _unlabelled(noise)}
    images |= {f"d{dim}": _splits(manifold, options).test for dim, manifold in manifolds.items()}
    values: dict[str, float] = {}
    for level, part in images.items():
        values |= under(level, intrinsic_dimension.intrinsic(part.grey, options.neighbours))
    return Measurement(values)


def _unlabelled(pixels: UInt8[np.ndarray, "images 784"]) -> Images:
    return Images(pixels, np.zeros(len(pixels), dtype=np.uint8))


def _splits(manifold: HiddenManifold, options: Options) -> Splits:
    """Training, validation and held-out images, in their original order. There are no classes."""
    images = _unlabelled(manifold.pixels)
    bounds = [options.images, options.images + _VALIDATION]
    return Splits(*(images[part] for part in np.split(np.arange(len(images)), bounds)))


def _draw(measurements: Measurements, dims: Sequence[int]) -> Figure:
    titles = {
        "intrinsic_dimension": "TwoNN",
        "intrinsic_dimension_mle": "MLE",
        "effective_dimension": "effective dimension",
        "active_units": "active units",
    }
    drawn = figures.figure(2.9)
    for axes, (metric, title) in zip(drawn.subplots(1, len(titles)), titles.items(), strict=True):
        for index, (subject, seeds) in enumerate(measurements.items()):
            x, y = np.array(list(_points(seeds, dims, metric))).reshape(-1, 2).T
            # Points of different subjects are side by side, so that no point hides another.
            offset = (index - (len(measurements) - 1) / 2) * 0.04 * max(dims)
            name = "raw pixels" if subject == "pixels" else label(subject)
            axes.plot(x + offset, y, "o", markersize=4, color=colour(index), alpha=0.7, label=name)
        axes.axline((0, 0), slope=1, color="black", linestyle="--", linewidth=1, label="known dimension")
        top = 1.25 * max(dims)
        axes.set(xlim=(0, top), ylim=(0, max(top, axes.get_ylim()[1])), xticks=sorted(dims), xlabel="known dimension")
        axes.set_title(title, fontsize=10)
        axes.spines[["top", "right"]].set_visible(False)
    drawn.axes[0].set_ylabel("measured dimension")
    figures.legend(drawn)
    return drawn


def _points(seeds: Mapping[str, Measurement], dims: Sequence[int], metric: str) -> Iterator[tuple[float, float]]:
    """Pairs of known and measured dimension, for the seeds that have the metric."""
    for dim in dims:
        name = f"d{dim}.{metric}"
        yield from ((dim, one.metrics[name]) for one in seeds.values() if name in one.metrics)
