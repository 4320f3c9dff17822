"""The audit: what other choices of the study lead to, and the way from AE to VAE, noise and rate apart."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from latente import figures
from latente.result import Result

_PANELS = {
    "mse": "squared error per pixel",
    "silhouette": "silhouette",
    "knn_accuracy": "kNN accuracy",
    "prior_accepted": "prior samples accepted",
}


def analyse(gathered: Mapping[str, Any]) -> Result:
    """Take over what the audit measured, and draw the way from AE to VAE.

    Args:
        gathered: As `latente.variants.gather` gives it: `audit`, the variants; `results`, for each its `metrics` and
            `replicates`.

    Returns:
        Subject: the variant. Metrics as in the analyses; `prior_accepted` is the share of prior samples that the judge
        accepts.
    """
    results = gathered["results"]
    scores = {name: _by_seed(result["metrics"][name]) for name, result in results.items()}
    replicates = {
        name: {seed: {metric: np.array(values) for metric, values in each.items()} for seed, each in seeds.items()}
        for result in results.values()
        for name, seeds in result["replicates"].items()
    }
    return Result(scores, {"path": _draw(path(gathered["audit"]["variants"]), scores)}, replicates)


def path(variants: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[float, str]]:
    """The variants that differ in nothing but noise and weight of the rate.

    Returns:
        `with noise`, `without noise` -> weight of the rate -> variant, by rising weight. The AE is the one without
        noise and of weight 0, the VAE the one with noise and of weight 1.
    """
    found: dict[str, dict[float, str]] = {"with noise": {}, "without noise": {}}
    for name, variant in variants.items():
        changes = dict(change.split("=", 1) for change in variant["set"])
        if set(changes) <= {"models.vae.beta", "models.vae.noise"} and variant["model"] in ("ae", "vae"):
            noisy = variant["model"] == "vae" and changes.get("models.vae.noise") != "false"
            default = "1" if variant["model"] == "vae" else "0"
            weight = float(changes.get("models.vae.beta", default))
            found["with noise" if noisy else "without noise"][weight] = name
    return {noise: dict(sorted(along.items())) for noise, along in found.items()}


def _by_seed(metrics: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    seeds: Sequence[str] = list(next(iter(metrics.values()))["seeds"])
    return {seed: {name: summary["seeds"][seed] for name, summary in metrics.items()} for seed in seeds}


def _draw(paths: Mapping[str, Mapping[float, str]], scores: Mapping[str, Mapping[str, Mapping[str, float]]]) -> Figure:
    drawn = figures.figure(5.6)
    for axes, (metric, title) in zip(drawn.subplots(2, 2).flat, _PANELS.items(), strict=True):
        figures.along(
            axes,
            {
                noise: {weight: [seed[metric] for seed in scores[name].values()] for weight, name in along.items()}
                for noise, along in paths.items()
            },
        )
        axes.set_title(title, fontsize=10)
        axes.set_xlabel("weight of the rate")
    figures.legend(drawn)
    return drawn
