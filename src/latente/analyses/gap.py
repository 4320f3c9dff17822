"""Gap: how the codes of a model (the aggregate posterior) differ from the prior, and what this explains."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import torch
from jaxtyping import Bool, Float, Int64
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pydantic import Field

from latente.codes.densities import DENSITIES
from latente.codes.latents import Latents
from latente.codes.prior import Prior
from latente.data.sampling import stratified
from latente.measures import density_ratio, reweighting
from latente.measures.active_units import measured_units
from latente.measures.energy import energy_distance
from latente.measures.judge.ensemble import Judge, predict
from latente.models.network.autoencoder import Autoencoder
from latente.project.types import Section, Seed, Share
from latente.results import figures
from latente.results.grid import Grid
from latente.results.labels import colour, label
from latente.results.measurement import Measurement, Measurements
from latente.results.result import Result

Codes = Float[np.ndarray, "codes latent"]
Kept = Bool[np.ndarray, " codes"]

_TENTHS = 10


class Options(Section):
    """Number of codes; threshold of active units; codes that fit the density ratio; share outside holes; seed."""

    samples: Annotated[int, Field(ge=40, le=10_000)]
    active: Annotated[float, Field(ge=0, le=1e6)]
    fitted: Annotated[int, Field(ge=100, le=60_000)]
    codes_per_component: Annotated[int, Field(ge=10, le=60_000)]
    quantile: Share
    seed: Seed


@dataclass(frozen=True)
class Points:
    """Own codes (posterior samples of test images) and as many prior draws: their density ratios and images.

    Attributes:
        own: Logarithm of the ratio of own codes to the prior, at every own code, in nats.
        drawn: The same at every prior draw.
        own_accepted: Whether the judge accepts the image of an own code.
        drawn_accepted: The same for prior draws.
    """

    own: Float[np.ndarray, " codes"]
    drawn: Float[np.ndarray, " codes"]
    own_accepted: Bool[np.ndarray, " codes"]
    drawn_accepted: Bool[np.ndarray, " codes"]


def analyse(nets: Grid[Autoencoder], codes: Grid[Latents], judge: Judge, options: Options) -> Result:
    """Measure the gap of every model, and what it explains.

    The subject `prior` has the energy distance between two samples of N(0, I): the expected value without a gap.
    """
    points = nets.zip(codes).map(lambda training: compare(*training, judge, options))
    found = points.map(lambda one: measure(one, options.quantile)).zip(codes).map(lambda both: _of(*both, options))
    measurements: dict[str, dict[str, Measurement]] = found.by_name
    prior = Prior.standard(next(iter(codes.first.values())).mean.shape[1])
    null = energy_distance(*np.split(prior.draw(2 * options.samples, options.seed), 2))
    drawn = {"tenths": _draw_tenths(measurements), "ratio": _draw_ratio(points.first, options.quantile)}
    return Result(measurements | {"prior": {"data": Measurement({"standard.energy": null})}}, drawn)


def compare(net: Autoencoder, codes: Latents, judge: Judge, options: Options) -> Points:
    """Estimate the density ratio, and read it at codes that did not fit it.

    A mixture is fitted to training codes, and validation codes calibrate it. It is read at test codes and at prior
    draws. The ratio uses active units alone: inactive units have the same noise in every distribution.

    Raises:
        LatenteError: The codes of all images are equal.
    """
    train, validation = codes.only("train"), codes.only("validation")
    units, own = measured_units(train, options.active), _own(codes, options)
    drawn = train.prior.draw(len(own), options.seed)
    ratio = density_ratio.fit(
        train.sample[: options.fitted][:, units],
        validation.sample[:, units],
        train.prior.of_units(units),
        options.codes_per_component,
        options.seed,
    )
    return Points(
        ratio.log(own[:, units]), ratio.log(drawn[:, units]), _accepted(net, own, judge), _accepted(net, drawn, judge)
    )


def measure(points: Points, quantile: float) -> Measurement:
    """What the density ratio says about prior draws.

    Returns:
        auc: Probability that an own code has a higher ratio than a prior draw: the classifier two-sample test; 0.5 if
            the distributions are equal, 1 if the classifier knows every draw.
        log_loss, calibration_error: Of this classifier; see `density_ratio`.
        own.accepted, standard.accepted: Share of own codes, and of prior draws, whose images the judge accepts.
        holes: Share of prior draws in holes. A draw is in a hole if its ratio is lower than the ratio of a share
            (`quantile`) of the own codes; one minus the quantile is expected without a gap.
        tenth.N.accepted: Share of accepted draws in the N-th tenth of the ratio; the first tenth has the lowest.
        reweighted.accepted, reweighted.effective, explained: See `reweighting`. The part explained is left out if no
            shortfall exists, or if hardly any draw has a weight.

    References:
        Rosca, Lakshminarayanan & Mohamed 2018, https://arxiv.org/abs/1802.06847 (holes as a mismatch of densities)
        Aneja, Schwing, Kautz & Vahdat 2021, https://arxiv.org/abs/2010.02917 (reweighting the prior)
    """
    values: dict[str, Callable[[Kept], float]] = {
        "auc": lambda kept: density_ratio.auc(points.own[kept], points.drawn[kept]),
        "log_loss": lambda kept: density_ratio.log_loss(points.own[kept], points.drawn[kept]),
        "calibration_error": lambda kept: density_ratio.calibration_error(points.own[kept], points.drawn[kept]),
        "holes": lambda kept: float((points.drawn[kept] < _edge(points.own[kept], quantile)).mean()),
        "own.accepted": lambda kept: float(points.own_accepted[kept].mean()),
        "standard.accepted": lambda kept: float(points.drawn_accepted[kept].mean()),
        "reweighted.accepted": lambda kept: reweighting.weighted(points.drawn[kept], points.drawn_accepted[kept]),
        "reweighted.effective": lambda kept: reweighting.effective(points.drawn[kept]),
    }
    if reweighting.can_explain(points.drawn, points.drawn_accepted, float(points.own_accepted.mean())):
        values["explained"] = lambda kept: reweighting.explained(
            points.drawn[kept], points.drawn_accepted[kept], float(points.own_accepted[kept].mean())
        )
    return Measurement.recomputed(values | _by_tenth(points), len(points.drawn))


def _by_tenth(points: Points) -> dict[str, Callable[[Kept], float]]:
    tenth = _tenths(points.drawn)

    def share(number: int) -> Callable[[Kept], float]:
        return lambda kept: float(points.drawn_accepted[kept & (tenth == number)].mean())

    return {f"tenth.{number + 1}.accepted": share(number) for number in range(_TENTHS)}


def _tenths(log_ratio: Float[np.ndarray, " codes"]) -> Int64[np.ndarray, " codes"]:
    """The tenth of every code, from 0; tenths have equal numbers of codes."""
    rank = np.argsort(np.argsort(log_ratio, kind="stable"), kind="stable")
    return np.asarray(rank * _TENTHS // len(log_ratio))


def _edge(own: Float[np.ndarray, " codes"], quantile: float) -> float:
    return float(np.quantile(own, 1 - quantile))


def _of(found: Measurement, codes: Latents, options: Options) -> Measurement:
    """The measurement with the energy distances of the prior and of a fitted Gaussian to the own codes."""
    train = codes.only("train")
    own, units = _own(codes, options), measured_units(train, options.active)
    distances = {
        f"{name}.energy": energy_distance(own[:, units], draw(train, len(own), options.seed)[:, units])
        for name, draw in DENSITIES.items()
    }
    return found | Measurement(distances)


def _own(codes: Latents, options: Options) -> Codes:
    """Posterior samples of test images, one for each."""
    test = codes.only("test")
    chosen = stratified(test.label, min(options.samples, len(test.label)), options.seed)
    return np.asarray(test.sample[chosen])


@torch.no_grad()
def _accepted(net: Autoencoder, z: Codes, judge: Judge) -> Bool[np.ndarray, " codes"]:
    return predict(judge, net.decode(torch.tensor(z)).sigmoid()).accepted


def _draw_tenths(found: Measurements) -> Figure:
    """A line for each model: the share accepted by tenth of the ratio, with a dot for each seed."""
    drawn = figures.figure(3.6)
    axes = drawn.subplots()
    for index, (model, seeds) in enumerate(found.items()):
        shares = np.array([[one.metrics[f"tenth.{n + 1}.accepted"] for n in range(_TENTHS)] for one in seeds.values()])
        tenths = np.arange(1, _TENTHS + 1)
        axes.plot(tenths, shares.mean(0), color=colour(index), label=label(model))
        axes.plot(tenths, shares.T, ".", color=colour(index), markersize=4)
        own = np.mean([one.metrics["own.accepted"] for one in seeds.values()])
        axes.axhline(float(own), color=colour(index), linestyle=":", label=f"{label(model)}, own codes")
    axes.set_xticks(range(1, _TENTHS + 1))
    axes.set(xlabel="tenth of the density ratio (1: lowest)", ylabel="share accepted by the judge", ylim=(-0.02, 1.02))
    axes.spines[["top", "right"]].set_visible(False)
    figures.legend(drawn)
    return drawn


def _draw_ratio(points: Mapping[str, Points], quantile: float) -> Figure:
    drawn = figures.figure(3.4)
    panels = drawn.subplots(1, len(points), squeeze=False)[0]
    for axes, (model, one) in zip(panels, points.items(), strict=True):
        _draw_shares(axes, one, quantile)
        axes.set_title(label(model), fontsize=10)
    panels[0].set_ylabel("share of codes below")
    figures.legend(drawn)
    return drawn


def _draw_shares(axes: Axes, points: Points, quantile: float) -> None:
    """Draw the share of codes below every ratio. Draws left of the edge are in holes."""
    axes.ecdf(points.own, color=colour(0), label="own codes")
    axes.ecdf(points.drawn, color=colour(1), linestyle="--", label="prior samples")
    axes.axvline(_edge(points.own, quantile), color="black", linewidth=0.8, label="edge of holes")
    low = np.quantile(np.concatenate([points.own, points.drawn]), 0.02)
    axes.set(xlabel="log of the density ratio (nats)", xlim=(low, None))
    axes.spines[["top", "right"]].set_visible(False)
