"""The league: variants of the autoencoder, compared by what their codes hold and by what they generate."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from jaxtyping import Bool, Float
from matplotlib.figure import Figure

from latente.results import figures, labels, records
from latente.results.labels import colour
from latente.results.measurement import Measurement, Measurements
from latente.results.result import Result
from latente.results.student import half_width

_PANELS = {
    "silhouette": "silhouette",
    "knn_accuracy": "kNN accuracy",
    "probe.1": "linear probe,\none label",
    "standard.accepted": "accepted,\nfrom the prior",
    "mixture.accepted": "accepted,\nfrom the mixture",
    "reweighted.accepted": "accepted,\nprior reweighted",
    "standard.fid": "Fréchet distance,\nprior",
    "mixture.fid": "Fréchet distance,\nmixture",
    "mixture.coverage": "coverage,\nmixture",
    "active_units": "active units",
}


def analyse(gathered: Mapping[str, Any], data: str, confidence: float) -> Result:
    """Take over the measurements of the league, and draw them.

    Args:
        gathered: As `latente.survey.settings.gather` returns it.
        data: The MD5 of the description of the data set; variants that ran on other images are left out.
        confidence: Of the intervals in the figure.

    Returns:
        Subject: the variant. Metrics as the analyses name them, and `generation`: the larger share of accepted images,
        from the prior or from the chosen mixture.
    """
    names = gathered["survey"]["league"]["settings"]
    results = {name: gathered["results"][name] for name in names}
    measurements = {
        name: {seed: _with_generation(one) for seed, one in records.measurements(name, result).items()}
        for name, result in results.items()
        if result["data"] == [data]
    }
    if not measurements:
        said = "The league has not run on these images."
        return Result({}, {"tradeoffs": figures.message(said), "variants": figures.message(said)})
    named = {labels.setting(names[name]["model"], names[name]["set"]): seeds for name, seeds in measurements.items()}
    drawn = {"tradeoffs": _draw_tradeoffs(named), "variants": _draw_variants(named, confidence)}
    return Result(measurements, drawn)


def front(points: Float[np.ndarray, "points 2"]) -> Bool[np.ndarray, " points"]:
    """Which points are on the Pareto front: no other point is at least as high in both, and higher in one.

    Example:
        >>> front(np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 0.5]])).tolist()
        [True, True, False]
    """
    at_least = np.all(points[None] >= points[:, None], axis=-1)
    higher = np.any(points[None] > points[:, None], axis=-1)
    return np.asarray(~np.any(at_least & higher, axis=1))


def _with_generation(one: Measurement) -> Measurement:
    best = max(("standard.accepted", "mixture.accepted"), key=lambda name: one.metrics[name])
    replicates = {"generation": one.replicates[best]} if best in one.replicates else {}
    return one | Measurement({"generation": one.metrics[best]}, replicates)


def _draw_tradeoffs(measurements: Measurements) -> Figure:
    """Generation against separation with its Pareto front, and distortion against rate; a marker for each variant."""
    drawn = figures.figure(4.6)
    left, right = drawn.subplots(1, 2)
    points = _means(measurements, "silhouette", "generation")
    best = points[front(points)]
    left.plot(*best[np.argsort(best[:, 0])].T, "--", color="black", linewidth=0.8, zorder=0, label="Pareto front")
    left.set(xlabel="silhouette", ylabel="samples accepted, the better density")
    left.set_title("separation and generation\n(both higher is better)", fontsize=10)
    right.set(xlabel="rate (nats)", ylabel="distortion (nats)")
    right.set_title("rate and distortion\n(both lower is better)", fontsize=10)
    for index, (name, seeds) in enumerate(measurements.items()):
        look = {"color": colour(index), "marker": "os^"[index // 6 % 3], "linestyle": "", "label": name}
        left.plot(*points[index], **look)
        if all("rate" in one.metrics for one in seeds.values()):
            right.plot(*_means({name: seeds}, "rate", "distortion")[0], **look)
    for axes in (left, right):
        axes.margins(0.1)
        axes.spines[["top", "right"]].set_visible(False)
    handles, names = left.get_legend_handles_labels()
    drawn.legend(handles, names, loc="outside lower center", ncols=5, frameon=False, fontsize=9)
    return drawn


def _means(measurements: Measurements, *metrics: str) -> Float[np.ndarray, "variants metrics"]:
    return np.array(
        [
            [np.mean([one.metrics[metric] for one in seeds.values()]) for metric in metrics]
            for seeds in measurements.values()
        ]
    )


def _draw_variants(measurements: Measurements, confidence: float) -> Figure:
    """A panel for each metric and a row for each variant: the seeds, their mean, and its interval over seeds."""
    drawn = figures.figure(6.4)
    panels = drawn.subplots(2, len(_PANELS) // 2, sharey=True)
    best = front(_means(measurements, "silhouette", "generation"))
    names = [f"{name}{' *' if on else ''}" for name, on in zip(measurements, best, strict=True)]
    for axes, (metric, title) in zip(panels.flat, _PANELS.items(), strict=True):
        for row, values in enumerate(_values(measurements, metric)):
            half = half_width(float(np.std(values, ddof=1)), len(values), confidence) / math.sqrt(len(values))
            axes.plot(values, np.full(len(values), row), "o", color=colour(0), markersize=3, alpha=0.5)
            axes.errorbar(np.mean(values), row, xerr=half, fmt="|", color="black", markersize=9, linewidth=1)
        axes.set_title(title, fontsize=8)
        axes.tick_params(labelsize=8)
        axes.spines[["top", "right"]].set_visible(False)
    for axes in panels[:, 0]:
        axes.set_yticks(range(len(names)), names)
    panels[0, 0].invert_yaxis()
    return drawn


def _values(measurements: Measurements, metric: str) -> Iterator[list[float]]:
    return ([one.metrics[metric] for one in seeds.values()] for seeds in measurements.values())
