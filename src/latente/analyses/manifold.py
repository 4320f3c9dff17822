"""Hidden manifold: images made from a known number of coordinates, to see whether the measures find that number."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from jaxtyping import Float, Float64, UInt8
from matplotlib.figure import Figure
from pydantic import Field
from scipy.special import ndtr
from sklearn.linear_model import LinearRegression

from latente import dimension, encoding, figures, training
from latente.autoencoder import Autoencoder
from latente.data.mnist import PIXELS, Images
from latente.data.splits import Splits
from latente.params import Items, Rate, Section, Train
from latente.result import Result

Build = Callable[[int], Autoencoder]
"""Seed -> a model with fresh weights."""

_VALIDATION = 500  # images that choose the epoch


class Options(Section):
    """Known dimensions; images to train on and to measure; schedule of a short training; neighbours; threshold."""

    dims: Items[Annotated[int, Field(ge=1, le=100)]]
    images: Annotated[int, Field(ge=100, le=60_000)]
    held_out: Annotated[int, Field(ge=100, le=10_000)]
    epochs: Annotated[int, Field(ge=1, le=10_000)]
    batch_size: Annotated[int, Field(ge=1, le=60_000)]
    learning_rate: Rate
    neighbours: Annotated[int, Field(ge=3, le=99)]
    active: Annotated[float, Field(ge=0, le=1e6)]


@dataclass(frozen=True)
class Made:
    """Images of which everything is known.

    Attributes:
        pixels: Grey levels in 0..255.
        hidden: The coordinates that each was made from.
    """

    pixels: UInt8[np.ndarray, "images 784"]
    hidden: Float64[np.ndarray, "images dim"]


def analyse(builds: Mapping[str, Build], seeds: Sequence[int], train: Train, options: Options) -> Result:
    """Estimate the dimension of images that have a known one, and train every model on them.

    A seed makes the images, the weights and the batches. The metrics of known dimension D are at level `dD`.
    The subject `pixels` holds the estimates from the images themselves, and under `noise` those from images of
    independent pixels, which lie on no manifold: an estimator that found few coordinates there would find them
    anywhere.

    Args:
        builds: Model -> how it is made.
        seeds: Of the study.
        train: Schedule of every training.
        options: Known dimensions, sizes, neighbours, threshold.
    """
    scores: dict[str, dict[str, dict[str, float]]] = {subject: {} for subject in (*builds, "pixels")}
    for seed in seeds:
        noise = np.random.default_rng(seed).integers(256, size=(options.held_out, PIXELS), dtype=np.uint8)
        scores["pixels"][str(seed)] = _under("noise", _estimates(noise, options))
        for dim in options.dims:
            made = hidden_manifold(options.images + _VALIDATION + options.held_out, dim, seed)
            images = _splits(made, options)
            scores["pixels"][str(seed)] |= _under(f"d{dim}", _estimates(images.test.pixels, options))
            for model, build in builds.items():
                net = build(seed)
                training.fit(net, images, train, seed, lambda *_: None)
                found = _under(f"d{dim}", recover(net, images, made.hidden, options))
                scores[model].setdefault(str(seed), {}).update(found)
    return Result(scores, {"dimensions": _draw(scores, options.dims)})


def hidden_manifold(images: int, dim: int, seed: int) -> Made:
    r"""Images that lie on a curved manifold of known dimension.

    $x = \Phi(C F / \sqrt{D})$: a row of $C$ holds the D hidden coordinates of an image, the rows of $F$ are the D
    features that all images share, both standard normal, and the normal distribution function $\Phi$ bends the flat
    space of the products. These have mean 0 and variance 1 and are close to normal, so that $\Phi$ spreads the grey
    levels about evenly over [0, 1] and clips none. They are then rounded to the 256 levels of real images.

    Args:
        images: How many.
        dim: D.
        seed: Of coordinates and features; each dimension has its own.

    References:
        Goldt, Mézard, Krzakala & Zdeborová, Phys. Rev. X 10, 041044, 2020. https://arxiv.org/abs/1909.11500

    Example:
        >>> made = hidden_manifold(images=5, dim=2, seed=0)
        >>> made.pixels.shape, made.pixels.dtype, made.hidden.shape
        ((5, 784), dtype('uint8'), (5, 2))
    """
    generator = np.random.default_rng((seed, dim))
    features = generator.standard_normal((dim, PIXELS))
    hidden = generator.standard_normal((images, dim))
    return Made(np.rint(255 * ndtr(hidden @ features / np.sqrt(dim))).astype(np.uint8), hidden)


def recover(
    net: Autoencoder, images: Splits, hidden: Float64[np.ndarray, "images dim"], options: Options
) -> dict[str, float]:
    """What the mean codes of a trained model tell of the hidden coordinates.

    Args:
        net: A model trained on the training images.
        images: All images, in the order of `hidden`.
        hidden: Their coordinates.
        options: Neighbours and threshold.

    Returns:
        intrinsic_dimension, intrinsic_dimension_mle: As `dimension.intrinsic`, of the held-out images; the known
            dimension is right.
        effective_dimension: Participation ratio of the variance spectrum of the same codes.
        active_units: Dimensions whose mean varies over these by more than the threshold (Burda et al. 2016).
        latent_r2: `linear_r2` of codes and coordinates; 1 is full recovery up to a linear map.
        permuted.latent_r2: The same with permuted coordinates: the null, near 0.
    """
    codes = encoding.encode(net, images, seed=0)  # the seed is that of samples, which are not used
    train, test = codes.only("train").mean.astype(np.float64), codes.only("test").mean.astype(np.float64)
    known = hidden[: len(train)], hidden[-len(test) :]
    generator = np.random.default_rng(0)
    shuffled = generator.permutation(known[0]), generator.permutation(known[1])
    return dimension.intrinsic(test, options.neighbours) | {
        "effective_dimension": dimension.effective(dimension.variances(test)),
        "active_units": float((test.var(0) > options.active).sum()),
        "latent_r2": linear_r2((train, test), known),
        "permuted.latent_r2": linear_r2((train, test), shuffled),
    }


def linear_r2(
    codes: tuple[Float[np.ndarray, "train latent"], Float[np.ndarray, "test latent"]],
    hidden: tuple[Float[np.ndarray, "train dim"], Float[np.ndarray, "test dim"]],
) -> float:
    """Share of the variance of the hidden coordinates that a linear map of the codes explains.

    Args:
        codes: To fit the map on, and to score it on.
        hidden: Coordinates of the same images.

    Returns:
        R², the mean over coordinates, on images that the map was not fitted on; at most 1, higher is better.
    """
    return float(LinearRegression().fit(codes[0], hidden[0]).score(codes[1], hidden[1]))


def _estimates(pixels: UInt8[np.ndarray, "images 784"], options: Options) -> dict[str, float]:
    return dimension.intrinsic((pixels / 255).astype(np.float32), options.neighbours)


def _splits(made: Made, options: Options) -> Splits:
    """Training, validation and held-out images, in the order in which they were made; there are no classes."""
    images = Images(made.pixels, np.zeros(len(made.pixels), dtype=np.uint8))
    bounds = [options.images, options.images + _VALIDATION]
    return Splits(*(images[part] for part in np.split(np.arange(len(images)), bounds)))


def _under(level: str, found: Mapping[str, float]) -> dict[str, float]:
    return {f"{level}.{name}": value for name, value in found.items()}


def _draw(scores: Mapping[str, Mapping[str, Mapping[str, float]]], dims: Sequence[int]) -> Figure:
    titles = {
        "intrinsic_dimension": "TwoNN",
        "intrinsic_dimension_mle": "MLE",
        "effective_dimension": "effective dimension",
        "active_units": "active units",
    }
    drawn = figures.figure(2.9)
    for axes, (metric, title) in zip(drawn.subplots(1, len(titles)), titles.items(), strict=True):
        for index, (subject, seeds) in enumerate(scores.items()):
            x, y = np.array(list(_points(seeds, dims, metric))).reshape(-1, 2).T
            offset = (index - (len(scores) - 1) / 2) * 0.04 * max(dims)  # side by side, so that none hides another
            name = "raw pixels" if subject == "pixels" else figures.label(subject)
            axes.plot(x + offset, y, "o", markersize=4, color=figures.colour(index), alpha=0.7, label=name)
        axes.axline((0, 0), slope=1, color="black", linestyle="--", linewidth=1, label="known")
        top = 1.25 * max(dims)
        axes.set(xlim=(0, top), ylim=(0, max(top, axes.get_ylim()[1])), xticks=sorted(dims), xlabel="known dimension")
        axes.set_title(title, fontsize=10)
        axes.spines[["top", "right"]].set_visible(False)
    drawn.axes[0].set_ylabel("found")
    figures.legend(drawn)
    return drawn


def _points(
    seeds: Mapping[str, Mapping[str, float]], dims: Sequence[int], metric: str
) -> Iterator[tuple[float, float]]:
    """Known and found dimension, as far as there is one."""
    for dim in dims:
        yield from ((dim, found[key]) for found in seeds.values() if (key := f"d{dim}.{metric}") in found)
