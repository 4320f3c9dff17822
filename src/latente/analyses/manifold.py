"""Hidden manifold: images with a known number of coordinates, to test whether the measures find that number."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Annotated, Any

import numpy as np
import torch
from jaxtyping import Float, Float64, UInt8
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pydantic import Field
from scipy.stats import spearmanr

from latente.codes import encoding
from latente.codes.densities import DENSITIES
from latente.codes.latents import Latents
from latente.data.images import Images
from latente.data.splits import Splits
from latente.measures import density_ratio, intrinsic_dimension, spectrum
from latente.measures.active_units import active
from latente.measures.energy import energy_distance
from latente.measures.hidden_manifold import HiddenManifold, hidden_manifold
from latente.measures.linear_map import linear_r2
from latente.measures.manifold_distance import Nearest, nearest, outside, spread
from latente.models.network.autoencoder import Autoencoder
from latente.models.training import fit
from latente.project.sections import Train
from latente.project.types import Items, Rate, Section
from latente.results import figures
from latente.results.labels import colour, label
from latente.results.measurement import Measurement, Measurements
from latente.results.result import Result

Build = Callable[[int], Autoencoder]
"""Seed -> a model with fresh weights."""

Codes = Float[np.ndarray, "_ latent"]

PIXELS = 28**2
"""Of an image on a manifold, whatever the data set of the study."""

_VALIDATION = 500  # images that choose the epoch
_OF_MODELS = {
    "reconstructed": "reconstructions",
    "standard": "samples of the prior",
    "gaussian": "samples of a Gaussian fitted to codes",
}
_OF_PIXELS = {"noise": "independent pixels", "gaussian": "Gaussian images", "held_out": "held-out images"}


class Options(Section):
    """Known dimensions; numbers of images and seeds; schedule of a short training; options of the measures."""

    dims: Items[Annotated[int, Field(ge=1, le=100)]]
    images: Annotated[int, Field(ge=100, le=60_000)]
    held_out: Annotated[int, Field(ge=100, le=10_000)]
    seeds: Annotated[int, Field(ge=1, le=1000)]
    epochs: Annotated[int, Field(ge=1, le=10_000)]
    batch_size: Annotated[int, Field(ge=1, le=60_000)]
    learning_rate: Rate
    samples: Annotated[int, Field(ge=20, le=10_000)]
    neighbours: Annotated[int, Field(ge=3, le=99)]
    active: Annotated[float, Field(ge=0, le=1e6)]


def analyse(
    builds: Mapping[str, Build], seeds: Sequence[int], latent_dim: int, train: Train, options: Options
) -> Result:
    """Estimate the dimension of images with a known dimension, train every model on these images, and generate.

    The seed determines images, weights and batches. The metrics for the known dimension D are at level `dD`.
    The subject `pixels` has the estimates from the images themselves. Its level `noise` has the estimates from images
    of independent pixels, which lie on no manifold. An estimator that finds few coordinates there is not reliable.

    Args:
        builds: Model -> function that builds it.
        seeds: Seeds of the study. Every seed measures pixels; only the first `options.seeds` of them train models.
        latent_dim: Length of a code, which the figure shows.
        train: Schedule of every training.
        options: Known dimensions, sizes, neighbours, threshold.
    """
    measurements: dict[str, dict[str, Measurement]] = {subject: {} for subject in (*builds, "pixels")}
    for index, seed in enumerate(seeds):
        found = _of_seed(builds if index < options.seeds else {}, seed, train, options)
        for subject, measurement in found.items():
            measurements[subject][str(seed)] = measurement
    drawn = {
        "dimensions": _draw_dimensions(measurements, options.dims, latent_dim),
        "generation": _draw_generation(measurements, options.dims),
    }
    return Result(measurements, drawn)


def recover(codes: Latents, hidden: Float64[np.ndarray, "images dim"], options: Options) -> Measurement:
    """Measure how well the mean codes of a trained model recover the hidden coordinates.

    Args:
        codes: Codes of all images, in the order of `hidden`.
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
    train, test = codes.only("train").mean.astype(np.float64), codes.only("test").mean.astype(np.float64)
    known = hidden[: len(train)], hidden[-len(test) :]
    generator = np.random.default_rng(0)
    shuffled = generator.permutation(known[0]), generator.permutation(known[1])
    recomputed = {
        "effective_dimension": lambda kept: spectrum.effective(spectrum.variances(test[kept])),
        "active_units": lambda kept: float(active(test[kept], options.active).sum()),
        "latent_r2": lambda kept: linear_r2((train, test[kept]), (known[0], known[1][kept])),
        "permuted.latent_r2": lambda kept: linear_r2((train, test[kept]), (shuffled[0], shuffled[1][kept])),
    }
    return intrinsic_dimension.intrinsic(test, options.neighbours) | Measurement.recomputed(recomputed, len(test))


@torch.no_grad()
def generate(net: Autoencoder, codes: Latents, made: HiddenManifold, options: Options, seed: int) -> Measurement:
    """Measure whether decoded codes lie on the manifold, and where.

    Args:
        net: A model trained on images of the manifold.
        codes: Codes of all images.
        made: The images and their manifold.
        options: Number of codes.
        seed: Seed of the drawn codes.

    Returns:
        generation.KIND.distance, .spread, .outside, .energy: See `_located`. The kinds are `reconstructed` (held-out
            images, decoded from their mean codes), `standard` (samples of the prior) and `gaussian` (samples of a
            Gaussian that is fitted to one posterior sample of every training image).
        ratio_correlation: Spearman correlation, over the samples of the prior, of their distance and of the logarithm
            of the density ratio of codes and prior. A negative value means that samples leave the manifold where codes
            are rare. It is left out if the codes, or the distances of all samples, are equal.
    """
    test, train = codes.only("test").mean[: options.samples], codes.only("train")
    drawn = {name: draw(train, len(test), seed) for name, draw in DENSITIES.items()}
    points = {
        name: nearest(net.decode(torch.tensor(z)).sigmoid().double().numpy(), made.maps)
        for name, z in {"reconstructed": test, **drawn}.items()
    }
    found = Measurement({})
    for name, one in points.items():
        found |= _located(one, made).under(f"generation.{name}")
    return found | _correlation(codes, drawn["standard"], points["standard"].distance, seed)


def _of_seed(builds: Mapping[str, Build], seed: int, train: Train, options: Options) -> dict[str, Measurement]:
    """Measure pixels, and every model, for all known dimensions."""
    noise = np.random.default_rng(seed).integers(256, size=(options.held_out, PIXELS), dtype=np.uint8)
    found = {"pixels": intrinsic_dimension.intrinsic(_unlabelled(noise).grey, options.neighbours).under("noise")}
    found |= {name: Measurement({}) for name in builds}
    for dim in options.dims:
        made = hidden_manifold(options.images + _VALIDATION + options.held_out, dim, seed, PIXELS)
        images = _splits(made, options)
        found["pixels"] |= _of_pixels(images, made, options, seed).under(f"d{dim}")
        for name, build in builds.items():
            net = build(seed)
            fit.fit(net, images, train, seed, lambda *_: None)
            codes = encoding.encode(net, images, seed)
            recovered = recover(codes, made.hidden, options)
            found[name] |= (recovered | generate(net, codes, made, options, seed)).under(f"d{dim}")
    return found


def _of_pixels(images: Splits, made: HiddenManifold, options: Options, seed: int) -> Measurement:
    """Estimate the dimension of the images themselves, and the distance of images that no model made.

    The kinds are `held_out` (the least distance: they are rounded points of the manifold), `gaussian` (images with the
    mean and the covariance of the training images) and `noise` (independent pixels).
    """
    test, train = images.test.grey, images.train.grey
    generator, count = np.random.default_rng(seed), min(options.samples, len(test))
    weights = generator.standard_normal((count, len(train)), dtype=np.float32) / np.sqrt(len(train) - 1)
    mean = train.mean(0)
    kinds = {
        "held_out": test[:count],
        "gaussian": (mean + weights @ (train - mean)).clip(0, 1),
        "noise": generator.uniform(size=(count, PIXELS)),
    }
    found = intrinsic_dimension.intrinsic(test, options.neighbours)
    for name, x in kinds.items():
        found |= _located(nearest(x, made.maps), made).under(f"generation.{name}")
    return found


def _located(points: Nearest, made: HiddenManifold) -> Measurement:
    """Where images are.

    Returns:
        distance: Mean root mean squared error per pixel to the nearest point of the manifold; lower is nearer.
        spread: See `manifold_distance.spread`; 1 for the images that the models learn from.
        outside: Share of nearest points beyond 99 % of the hidden coordinates; 0.01 for these images.
        energy: Normalised energy distance of the hidden coordinates to those of as many training images.
    """
    hidden = points.hidden
    means = {"distance": points.distance, "outside": outside(hidden)}
    return (
        Measurement.over_images(means)
        | Measurement.recomputed({"spread": lambda kept: spread(hidden[kept])}, len(hidden))
        | Measurement({"energy": energy_distance(hidden, made.hidden[: len(hidden)])})
    )


def _correlation(codes: Latents, z: Codes, distance: Float64[np.ndarray, " codes"], seed: int) -> Measurement:
    """The correlation of distance and density ratio over samples z of the prior; empty if a model has collapsed."""
    train, held_out = codes.only("train").sample, codes.only("validation").sample
    if not (np.ptp(distance) and np.ptp(train, axis=0).all()):
        return Measurement({})
    # The hidden coordinates are normal, and codes are nearly linear in them, so one Gaussian describes the codes.
    ratio = density_ratio.fit(train, held_out, codes.prior, codes_per_component=len(train), seed=seed).log(z)
    correlation = {"ratio_correlation": lambda kept: float(spearmanr(distance[kept], ratio[kept]).statistic)}
    return Measurement.recomputed(correlation, len(distance))


def _unlabelled(pixels: UInt8[np.ndarray, "images pixels"]) -> Images:
    return Images(pixels, np.zeros(len(pixels), dtype=np.uint8), ("hidden manifold",))


def _splits(manifold: HiddenManifold, options: Options) -> Splits:
    """Training, validation and held-out images, in their original order. There are no classes, and no judge."""
    images = _unlabelled(manifold.pixels)
    bounds = [options.images, options.images + _VALIDATION, len(images)]
    return Splits(*(images[part] for part in np.split(np.arange(len(images)), bounds)))


def _draw_dimensions(measurements: Measurements, dims: Sequence[int], latent_dim: int) -> Figure:
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
        axes.axhline(latent_dim, color="black", linestyle=":", linewidth=1, label="length of a code")
        top = 1.25 * max(dims)
        axes.set(xlim=(0, top), ylim=(0, max(top, axes.get_ylim()[1])), xticks=sorted(dims), xlabel="known dimension")
        axes.set_title(title, fontsize=10)
        axes.spines[["top", "right"]].set_visible(False)
    drawn.axes[0].set_ylabel("measured dimension")
    figures.legend(drawn)
    return drawn


def _draw_generation(measurements: Measurements, dims: Sequence[int]) -> Figure:
    """Draw distance and spread of every kind of image, with a column for each model."""
    models = [name for name in measurements if name != "pixels"]
    drawn = figures.figure(5.2)
    panels = drawn.subplots(2, len(models), squeeze=False, sharex=True, sharey="row")
    for row, metric in zip(panels, ("distance", "spread"), strict=True):
        for axes, model in zip(row, models, strict=True):
            for index, (kind, name) in enumerate(_OF_MODELS.items()):
                points = list(_points(measurements[model], dims, f"generation.{kind}.{metric}"))
                _draw_kind(axes, points, color=colour(index + 2), label=name)
            for line, (kind, name) in zip((":", "--", "-"), _OF_PIXELS.items(), strict=True):
                points = list(_points(measurements["pixels"], dims, f"generation.{kind}.{metric}"))
                _draw_kind(axes, points, color="black", linestyle=line, linewidth=1, label=name)
            axes.set(xticks=sorted(dims))
            axes.spines[["top", "right"]].set_visible(False)
    for axes, model in zip(panels[0], models, strict=True):
        axes.set_title(label(model), fontsize=10)
    for axes in panels[1]:
        axes.set_xlabel("known dimension")
    panels[0, 0].set(yscale="log", ylabel="distance")
    panels[1, 0].set(ylabel="spread", ylim=(0, None))
    handles, names = panels[0, 0].get_legend_handles_labels()
    drawn.legend(handles, names, loc="outside lower center", ncols=2, frameon=False)
    return drawn


def _draw_kind(axes: Axes, points: Sequence[tuple[int, float]], **line: Any) -> None:
    """Draw a line through the means over seeds, and a dot for each seed."""
    x, y = np.array(points).T
    known = np.unique(x)
    axes.plot(known, [y[x == dim].mean() for dim in known], **line)
    axes.plot(x, y, "o", markersize=2.5, color=line["color"], alpha=0.6)


def _points(seeds: Mapping[str, Measurement], dims: Sequence[int], metric: str) -> Iterator[tuple[int, float]]:
    """Pairs of known and measured dimension, for the seeds that have the metric."""
    for dim in dims:
        name = f"d{dim}.{metric}"
        yield from ((dim, one.metrics[name]) for one in seeds.values() if name in one.metrics)
