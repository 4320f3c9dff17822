"""Gap: how far the law of a model's codes, the aggregate posterior, is from the laws that new codes are drawn from."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Annotated

import numpy as np
import torch
from jaxtyping import Bool, Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pydantic import Field
from sklearn.neighbors import NearestNeighbors

from latente import figures
from latente.autoencoder import Autoencoder
from latente.data.splits import stratified
from latente.densities import Draw, mixture, standard
from latente.errors import LatenteError
from latente.judge import Classifier, opinion
from latente.latents import Latents
from latente.params import Section, Seed, Share
from latente.result import Grid, Result
from latente.scores import Scores

Codes = Float[np.ndarray, "_ latent"]
Distances = dict[str, Float[np.ndarray, " _"]]
"""Law -> distance of each of its codes."""

_DRAWN: Mapping[str, Draw] = {"standard": standard, "gaussian": partial(mixture, components=1)}
_TITLES = {"held_out": "own codes", "standard": "prior", "gaussian": "Gaussian"}
_LINES = {"held_out": "-", "standard": "--", "gaussian": ":"}


class Options(Section):
    """How many codes of each law; what an active unit, a hole and an accepted digit are; seed of the codes."""

    samples: Annotated[int, Field(ge=20, le=10_000)]
    active: Annotated[float, Field(ge=0, le=1e6)]
    neighbours: Annotated[int, Field(ge=1, le=19)]
    quantile: Share
    accept: Share
    seed: Seed


def analyse(nets: Grid[Autoencoder], codes: Grid[Latents], judge: Classifier, options: Options) -> Result:
    """Measure the gap of every model, and whether it tells which samples the judge accepts.

    The subject `prior` holds the energy distance between two sets of draws from the prior itself: what is left of it
    when there is no gap.
    """
    found = {
        model: {seed: score(net, codes[model][seed], judge, options) for seed, net in seeds.items()}
        for model, seeds in nets.items()
    }
    scores = {model: {str(seed): values for seed, (values, _) in seeds.items()} for model, seeds in found.items()}
    some = next(iter(next(iter(codes.values())).values())).mean
    null = energy_distance(*np.split(standard(some, 2 * options.samples, options.seed), 2))
    first = {model: next(iter(seeds.values()))[1] for model, seeds in found.items()}
    return Result({**scores, "prior": {"data": {"standard.energy": null}}}, {"gap": _draw(first, scores)})


def score(net: Autoencoder, codes: Latents, judge: Classifier, options: Options) -> tuple[dict[str, float], Distances]:
    """The gap of one model, between one posterior sample of each of some test images and as many codes of each law.

    Inactive units, which hold the same noise in every law, would hide it; distances are taken in the others.

    Returns:
        Metrics of each law (`standard` is the prior, `gaussian` is fitted to the training codes, `held_out` is the test
        codes themselves):

        energy: Normalised energy distance to the test codes, as in `energy_distance`.
        holes: Share of codes that lie in a hole: farther from the codes of the training images than the quantile of the
            test codes does; so one minus the quantile for `held_out`, by construction.
        accepted_in_holes, accepted_elsewhere: Share of the decoded codes there that the judge accepts; left out where
            there are none.

        And each law's distances, as in `reach`.

    References:
        Rosca, Lakshminarayanan & Mohamed 2018, https://arxiv.org/abs/1802.06847 (the gap, and samples from it)
    """
    train, test = codes.only("train"), codes.only("test")
    held = test.sample[stratified(test.label, min(options.samples, len(test.label)), options.seed)]
    drawn = {law: draw(train.sample, len(held), options.seed) for law, draw in _DRAWN.items()}
    units = active(train, options.active)
    reached = reach(train.sample[:, units], {n: z[:, units] for n, z in ({"held_out": held} | drawn).items()}, options)
    values = {f"{law}.energy": energy_distance(held[:, units], z[:, units]) for law, z in drawn.items()}
    for law, z in {"held_out": held, **drawn}.items():
        found = by_side(reached[law] > 1, _accepted(net, z, judge, options.accept))
        values |= {f"{law}.{name}": value for name, value in found.items()}
    return values, reached


def active(codes: Latents, threshold: float) -> Bool[np.ndarray, " latent"]:
    """Which units' means vary over the images by more than the threshold; the one that varies most if none does."""
    variance = codes.mean.astype(np.float64).var(0)
    units: Bool[np.ndarray, " latent"] = variance >= min(threshold, variance.max())
    return units


def reach(train: Codes, laws: Mapping[str, Codes], options: Options) -> Distances:
    """Distance of every code to its k-th nearest training code, over the quantile of that of the held-out codes.

    Args:
        train: One posterior sample of every training image.
        laws: Codes by law; those of `held_out` give the unit, so that the scale of the space does not count.
        options: Their `neighbours` is k.

    Returns:
        Law -> distances; above 1 is a hole.

    Raises:
        LatenteError: The held-out codes coincide with those of the training images: a collapsed model has no holes.
    """
    neighbours = NearestNeighbors(n_neighbors=options.neighbours, algorithm="brute").fit(train)
    distances = {law: neighbours.kneighbors(z)[0][:, -1].astype(np.float64) for law, z in laws.items()}
    edge = np.quantile(distances["held_out"], options.quantile)
    if edge == 0:
        raise LatenteError(
            "the codes of test images coincide with those of training images, so that nothing can be a hole: a model "
            "has collapsed; lower its weight of the rate, or train it longer"
        )
    return {law: each / edge for law, each in distances.items()}


def energy_distance(a: Codes, b: Codes) -> float:
    r"""Normalised energy distance between the laws of two sets of codes, in [0, 1]; 0 is the same law.

    $(2 E|X - Y| - E|X - X'| - E|Y - Y'|) / 2 E|X - Y|$, with Euclidean distances. Every code is paired with itself too,
    so that the value is never negative and two samples of n codes from one law are at about 1 / n.

    References:
        Székely & Rizzo 2013, Energy statistics, https://doi.org/10.1016/j.jspi.2013.03.018

    Example:
        >>> codes = np.random.default_rng(0).normal(size=(50, 3))
        >>> round(energy_distance(codes, codes), 6), round(energy_distance(codes, codes + 1e6), 3)
        (0.0, 1.0)
    """
    x, y = (torch.tensor(each, dtype=torch.float64) for each in (a, b))
    between, within_x, within_y = (float(torch.cdist(one, other).mean()) for one, other in ((x, y), (x, x), (y, y)))
    return (2 * between - within_x - within_y) / (2 * between) if between else 0.0


def by_side(hole: Bool[np.ndarray, " codes"], accepted: Bool[np.ndarray, " codes"]) -> dict[str, float]:
    """Share of codes in holes; share accepted of those in holes and of those elsewhere, where there are any.

    Example:
        >>> by_side(np.array([True, True, False, False]), np.array([False, True, True, True]))
        {'holes': 0.5, 'accepted_in_holes': 0.5, 'accepted_elsewhere': 1.0}
    """
    sides = {"in_holes": hole, "elsewhere": ~hole}
    shares = {f"accepted_{name}": float(accepted[side].mean()) for name, side in sides.items() if side.any()}
    return {"holes": float(hole.mean()), **shares}


@torch.no_grad()
def _accepted(net: Autoencoder, z: Codes, judge: Classifier, accept: float) -> Bool[np.ndarray, " codes"]:
    accepted: Bool[np.ndarray, " codes"] = (
        opinion(judge, net.decode(torch.tensor(z)).sigmoid()).confidence > accept
    ).numpy()
    return accepted


def _draw(reached: Mapping[str, Distances], scores: Scores) -> Figure:
    drawn = figures.figure(4.0)
    left, right = drawn.subplots(1, 2, width_ratios=[1, 1.25])
    _draw_reach(left, reached)
    figures.seeds_and_mean(right, _accepted_groups(scores, list(reached)))
    right.tick_params(axis="x", labelsize=7)
    right.set(ylim=(0, 1), ylabel="share accepted by the judge")
    handles, names = left.get_legend_handles_labels()
    drawn.legend(handles, names, loc="outside lower center", ncols=len(reached), frameon=False)  # a column a model
    return drawn


def _draw_reach(axes: Axes, reached: Mapping[str, Distances]) -> None:
    """Share of the codes that lie within a distance; those beyond the edge are in holes."""
    for index, (model, laws) in enumerate(reached.items()):
        for law, line in _LINES.items():
            name = f"{figures.label(model)}, {_TITLES[law]}"
            axes.ecdf(laws[law], color=figures.colour(index), linestyle=line, label=name)
    axes.axvline(1, color="black", linewidth=0.8)
    axes.set(xlabel="distance to the training codes; hole > 1", ylabel="share of codes within", xlim=(0, None))
    axes.spines[["top", "right"]].set_visible(False)


def _accepted_groups(scores: Scores, models: Sequence[str]) -> dict[str, dict[str, list[float]]]:
    """Law and side -> model -> share accepted, of the seeds that have such codes."""
    metrics = {
        f"{title}\n{side}": f"{law}.accepted_{side.replace(' ', '_')}"
        for law, title in _TITLES.items()
        for side in ("in holes", "elsewhere")
    }
    return {
        group: {
            figures.label(model): [values[metric] for values in scores[model].values() if metric in values]
            for model in models
        }
        for group, metric in metrics.items()
    }
