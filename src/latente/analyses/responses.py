"""Responses: what a trained model makes of corrupted images, of foreign images and of paths between two images.

This is the part of the analysis `generalisation` that needs the networks.
"""

from typing import Annotated

import numpy as np
import torch
from jaxtyping import Float, Float32, Int64
from pydantic import Field
from sklearn.datasets import load_digits
from torch import Generator, Tensor
from torch.nn import functional

from latente.codes.responses import Paths, PixelResponses, Responses, Seen
from latente.data import batches
from latente.data.description import Description
from latente.data.images import Images
from latente.data.sampling import stratified
from latente.measures import corruptions, straight_paths
from latente.measures.judge import outliers
from latente.measures.judge.ensemble import Judge, predict
from latente.measures.judge.outliers import Real
from latente.models.network.autoencoder import Autoencoder
from latente.models.network.objectives import bernoulli_distortion
from latente.project.types import Section, Seed
from latente.results.jackknife import GROUPS

Pictures = Float[Tensor, "images pixels"]

FOREIGN = ("uniform_noise", "negatives", "upside_down", "overlays", "chimeras")
"""Kinds of outliers of the judge that are foreign to a model too. None of them trains the judge."""


class Options(Section):
    """Sizes of the sample.

    Attributes:
        images: Test images that are corrupted, stratified; all of them if there are fewer.
        pairs: Paths between images of one class, and as many between images of two classes.
        steps: Points of a path, with both ends.
        shown: Paths of each kind whose images the report shows.
        seed: Seed of the choices, the corruptions and the posterior samples.
    """

    images: Annotated[int, Field(ge=40, le=10_000)]
    pairs: Annotated[int, Field(ge=20, le=10_000)]
    steps: Annotated[int, Field(ge=3, le=101)]
    shown: Annotated[int, Field(ge=1, le=10)]
    seed: Seed


@torch.no_grad()
def respond(net: Autoencoder, test: Images, data: Description, judge: Judge, options: Options) -> Responses:
    """Encode the images, and decode the paths.

    Args:
        net: A trained model.
        test: Test images; some are chosen, the same for every model.
        data: Their data set.
        judge: It accepts or rejects decoded images.
        options: Sizes and seed.
    """
    chosen = _chosen(test, options)
    some = test[chosen]
    x = batches.whole(some)
    clean = _seen(net, x, options.seed)
    between = {
        kind: (chosen[ends], straight_paths.straight(clean.mean[ends[:, 0]], clean.mean[ends[:, 1]], options.steps))
        for kind, ends in _ends(some, options).items()
    }
    return Responses(
        chosen=chosen,
        clean=clean,
        corrupted={
            kind: _arrays([net.posterior(one).mean for one in corruptions.levels(x, kind, options.seed)])
            for kind in corruptions.KINDS
        },
        foreign={kind: _seen(net, one, options.seed) for kind, one in foreign(some, data, options.seed).items()},
        paths={kind: _along(net, *path, judge, options.shown) for kind, path in between.items()},
    )


def mix(test: Images, judge: Judge, options: Options) -> PixelResponses:
    """Mix the pixels of the same pairs of images, and corrupt one image, as examples."""
    some = test[_chosen(test, options)]
    x = batches.whole(some)
    mixed = {
        kind: straight_paths.straight(x[ends[:, 0]].numpy(), x[ends[:, 1]].numpy(), options.steps)
        for kind, ends in _ends(some, options).items()
    }
    return PixelResponses(
        accepted={kind: _accepted(torch.tensor(points), judge) for kind, points in mixed.items()},
        images={kind: points[: options.shown] for kind, points in mixed.items()},
        examples={kind: _arrays(corruptions.levels(x[:1], kind, options.seed))[:, 0] for kind in corruptions.KINDS},
    )


def foreign(real: Images, data: Description, seed: int) -> dict[str, Pictures]:
    """Foreign images of every kind; a kind that these images cannot become is left out.

    `digits` are handwritten digits from another source: the images of 8 × 8 pixels in scikit-learn, enlarged. They are
    left out if they are the data set of the study.
    """
    source = Real(batches.whole(real), torch.tensor(real.labels).long(), data)
    made = {kind: outliers.HELD_OUT[kind](source, Generator().manual_seed(seed)) for kind in FOREIGN}
    if data.name != "digits":
        made["digits"] = _digits(data.side)[: len(real)]
    return {kind: x for kind, x in made.items() if len(x) >= GROUPS}


def _chosen(test: Images, options: Options) -> Int64[np.ndarray, " images"]:
    return np.sort(stratified(test.labels, min(options.images, len(test)), options.seed))


def _ends(some: Images, options: Options) -> dict[str, Int64[np.ndarray, "pairs 2"]]:
    return straight_paths.ends(some.labels, options.pairs, options.seed)


def _digits(side: int) -> Float[Tensor, "images pixels"]:
    small = torch.tensor(load_digits().images / 16, dtype=torch.float32)
    large = functional.interpolate(small.unsqueeze(1), (side, side), mode="bilinear", align_corners=False)
    return large.flatten(1)


def _seen(net: Autoencoder, x: Pictures, seed: int) -> Seen:
    posterior = net.posterior(x)
    z = posterior.sample(Generator().manual_seed(seed))
    distortion, rate = bernoulli_distortion(net.decode(z), x), net.rate(posterior, z)
    return Seen(*(value.numpy() for value in (posterior.mean, distortion, rate)))


def _along(
    net: Autoencoder,
    ends: Int64[np.ndarray, "pairs 2"],
    z: Float32[np.ndarray, "pairs steps latent"],
    judge: Judge,
    shown: int,
) -> Paths:
    images = net.decode(torch.tensor(z)).sigmoid()
    detour = straight_paths.detour(images.numpy()).astype(np.float32)
    return Paths(ends, z, _accepted(images, judge), detour, images[:shown].numpy())


def _accepted(images: Float[Tensor, "pairs steps pixels"], judge: Judge) -> np.ndarray:
    return predict(judge, images.flatten(0, 1)).accepted.reshape(images.shape[:2])


def _arrays(parts: list[Float[Tensor, "images columns"]]) -> Float32[np.ndarray, "levels images columns"]:
    return torch.stack(parts).numpy()
