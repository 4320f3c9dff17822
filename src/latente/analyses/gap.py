"""Gap: the distance between a model's codes (the aggregate posterior) and the distributions of new codes."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Annotated

import numpy as np
import torch
from jaxtyping import Bool, Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pydantic import Field

from latente.codes.densities import Draw, mixture, standard
from latente.codes.latents import Latents
from latente.data.sampling import stratified
from latente.measures.active_units import measured_units
from latente.measures.energy import energy_distance
from latente.measures.holes import HELD_OUT, Distances, acceptance, reach
from latente.measures.judge import Classifier, predict
from latente.models.network.autoencoder import Autoencoder
from latente.project.types import Section, Seed, Share
from latente.results import figures
from latente.results.grid import Grid
from latente.results.labels import colour, label
from latente.results.measurement import Measurement, Measurements
from latente.results.result import Result

Codes = Float[np.ndarray, "_ latent"]

_DENSITIES: Mapping[str, Draw] = {"standard": standard, "gaussian": partial(mixture, components=1)}
_TITLES = {HELD_OUT: "test codes", "standard": "prior", "gaussian": "Gaussian"}
_LINES = {HELD_OUT: "-", "standard": "--", "gaussian": ":"}


class Options(Section):
    """Number of codes per distribution; thresholds of active units, holes and accepted digits; seed of the codes."""

    samples: Annotated[int, Field(ge=20, le=10_000)]
    active: Annotated[float, Field(ge=0, le=1e6)]
    neighbours: Annotated[int, Field(ge=1, le=19)]
    quantile: Share
    accept: Share
    seed: Seed


def analyse(nets: Grid[Autoencoder], codes: Grid[Latents], judge: Classifier, options: Options) -> Result:
    """Measure the gap of every model, and whether it predicts which samples the judge accepts.

    The subject `prior` has the energy distance between two samples of the prior: the expected value without a gap.
    """
    gaps = nets.zip(codes).map(lambda training: score(*training, judge, options))
    measurements: dict[str, dict[str, Measurement]] = gaps.map(lambda gap: Measurement(gap[0])).by_name
    drawn = {"gap": _draw({model: distances for model, (_, distances) in gaps.first.items()}, measurements)}
    some = next(iter(codes.first.values())).mean
    null = energy_distance(*np.split(standard(some, 2 * options.samples, options.seed), 2))
    return Result(measurements | {"prior": {"data": Measurement({"standard.energy": null})}}, drawn)


def score(net: Autoencoder, codes: Latents, judge: Classifier, options: Options) -> tuple[dict[str, float], Distances]:
    """The gap of one model, between posterior samples of test images (one per image) and as many drawn codes.

    Distances use only the active units. Inactive units have the same noise in every distribution and would hide the
    gap.

    Returns:
        Metrics of every distribution: `standard` is the prior, `gaussian` is fitted to the training codes, and
        `held_out` is the test codes themselves.

        energy: Normalised energy distance to the test codes, as in `energy_distance`.
        holes: Share of codes in holes. A hole is farther from the training codes than the quantile of the test codes,
            so this share is one minus the quantile for `held_out`.
        accepted_in_holes, accepted_elsewhere: Share of codes there whose images the judge accepts. A share without
            codes is left out.

        The second value has the distances of every distribution, as in `reach`.

    References:
        Rosca, Lakshminarayanan & Mohamed 2018, https://arxiv.org/abs/1802.06847 (the gap, and samples from it)
    """
    train, test = codes.only("train"), codes.only("test")
    held = test.sample[stratified(test.label, min(options.samples, len(test.label)), options.seed)]
    drawn = {name: draw(train.sample, len(held), options.seed) for name, draw in _DENSITIES.items()}
    every, units = {HELD_OUT: held, **drawn}, measured_units(train, options.active)
    inside = {name: z[:, units] for name, z in every.items()}
    distances = reach(train.sample[:, units], inside, options.neighbours, options.quantile)
    values = {f"{name}.energy": energy_distance(inside[HELD_OUT], inside[name]) for name in drawn}
    for name, z in every.items():
        shares = acceptance(distances[name] > 1, _accepted(net, z, judge, options.accept))
        values |= {f"{name}.{metric}": value for metric, value in shares.items()}
    return values, distances


@torch.no_grad()
def _accepted(net: Autoencoder, z: Codes, judge: Classifier, accept: float) -> Bool[np.ndarray, " codes"]:
    return predict(judge, net.decode(torch.tensor(z)).sigmoid()).accepted(accept)


def _draw(distances: Mapping[str, Distances], measurements: Measurements) -> Figure:
    drawn = figures.figure(4.0)
    left, right = drawn.subplots(1, 2, width_ratios=[1, 1.25])
    _draw_reach(left, distances)
    figures.seeds_and_mean(right, _accepted_groups(measurements, list(distances)))
    right.tick_params(axis="x", labelsize=7)
    right.set(ylim=(0, 1), ylabel="share accepted by the judge")
    handles, names = left.get_legend_handles_labels()
    drawn.legend(handles, names, loc="outside lower center", ncols=len(distances), frameon=False)  # a column a model
    return drawn


def _draw_reach(axes: Axes, distances: Mapping[str, Distances]) -> None:
    """Draw the share of codes within every distance. Codes beyond 1 are in holes."""
    for index, (model, of_model) in enumerate(distances.items()):
        for name, line in _LINES.items():
            title = f"{label(model)}, {_TITLES[name]}"
            axes.ecdf(of_model[name], color=colour(index), linestyle=line, label=title)
    axes.axvline(1, color="black", linewidth=0.8)
    axes.set(
        xlabel="distance to the training codes (hole: > 1)", ylabel="share of codes within distance", xlim=(0, None)
    )
    axes.spines[["top", "right"]].set_visible(False)


def _accepted_groups(measurements: Measurements, models: Sequence[str]) -> dict[str, dict[str, list[float]]]:
    """Distribution and side -> model -> accepted shares, of the seeds that have such codes."""
    metrics = {
        f"{title}\n{side}": f"{name}.accepted_{side.replace(' ', '_')}"
        for name, title in _TITLES.items()
        for side in ("in holes", "elsewhere")
    }
    return {
        group: {
            label(model): [seed.metrics[metric] for seed in measurements[model].values() if metric in seed.metrics]
            for model in models
        }
        for group, metric in metrics.items()
    }
