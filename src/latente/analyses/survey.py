"""The survey: the study under other settings, and the path from AE to VAE, with noise and rate changed separately."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from latente.results import figures
from latente.results.measurement import Measurement, Measurements
from latente.results.result import Result

_PANELS = {
    "mse": "squared error per pixel",
    "silhouette": "silhouette",
    "knn_accuracy": "kNN accuracy",
    "prior_accepted": "prior samples accepted",
}

_DEFAULT_WEIGHT = {"ae": "0", "vae": "1"}
"""Model -> weight of the rate in a setting that does not change it."""


def analyse(gathered: Mapping[str, Any]) -> Result:
    """Take over the measurements of the survey, and draw the path from AE to VAE.

    Args:
        gathered: As `latente.survey.settings.gather` returns it.

    Returns:
        Subject: the setting. Metrics as in the analyses; `prior_accepted` is the share of prior samples that the judge
        accepts.
    """
    measurements = {name: _measurements(name, result) for name, result in gathered["results"].items()}
    return Result(measurements, {"path": _draw(path(gathered["survey"]["settings"]), measurements)})


def path(settings: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[float, str]]:
    """The settings that change nothing but the noise and the weight of the rate.

    Returns:
        `with noise`, `without noise` -> weight of the rate -> setting, in order of weight. The AE has no noise and
        weight 0; the VAE has noise and weight 1.
    """
    steps: dict[str, dict[float, str]] = {"with noise": {}, "without noise": {}}
    for name, setting in settings.items():
        model, changes = setting["model"], dict(change.split("=", 1) for change in setting["set"])
        if model in _DEFAULT_WEIGHT and set(changes) <= {"models.vae.beta", "models.vae.noise"}:
            noisy = model == "vae" and changes.get("models.vae.noise") != "false"
            weight = float(changes.get("models.vae.beta", _DEFAULT_WEIGHT[model]))
            steps["with noise" if noisy else "without noise"][weight] = name
    return {noise: dict(sorted(weights.items())) for noise, weights in steps.items()}


def _measurements(name: str, result: Mapping[str, Any]) -> dict[str, Measurement]:
    """Seed -> measurement, from the metrics file of one setting."""
    return {
        seed: Measurement(
            {record["metric"]: record["value"] for record in result["records"] if record["seed"] == seed},
            {metric: np.array(values) for metric, values in left_out.items()},
        )
        for seed, left_out in result["replicates"][name].items()
    }


def _draw(steps: Mapping[str, Mapping[float, str]], measurements: Measurements) -> Figure:
    drawn = figures.figure(5.6)
    for axes, (metric, title) in zip(drawn.subplots(2, 2).flat, _PANELS.items(), strict=True):
        values = {name: [one.metrics[metric] for one in seeds.values()] for name, seeds in measurements.items()}
        lines = {noise: {weight: values[name] for weight, name in weights.items()} for noise, weights in steps.items()}
        figures.along(axes, lines)
        axes.set_title(title, fontsize=10)
        axes.set_xlabel("beta")
    figures.legend(drawn)
    return drawn
