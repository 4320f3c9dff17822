"""The survey: the study under other settings, and the path from AE to VAE, with noise and rate changed separately."""

from collections.abc import Mapping
from typing import Any

from matplotlib.figure import Figure

from latente.results import figures, records
from latente.results.measurement import Measurements
from latente.results.result import Result

_PANELS = {
    "mse": "squared error per pixel",
    "silhouette": "silhouette",
    "knn_accuracy": "kNN accuracy",
    "prior_accepted": "prior samples accepted",
}


def analyse(gathered: Mapping[str, Any], data: str) -> Result:
    """Take over the measurements of the survey, and draw the path from AE to VAE.

    Args:
        gathered: As `latente.survey.settings.gather` returns it.
        data: The MD5 of the description of the data set; settings that ran on other images are left out.

    Returns:
        Subject: the setting. Metrics as in the analyses; `prior_accepted` is the share of prior samples that the judge
        accepts.
    """
    results = {name: gathered["results"][name] for name in gathered["survey"]["settings"]}
    measurements = {
        name: records.measurements(name, result) for name, result in results.items() if result["data"] == [data]
    }
    return Result(measurements, {"path": _draw(path(gathered), measurements)})


def path(gathered: Mapping[str, Any]) -> dict[str, dict[float, str]]:
    """The settings of AE and VAE that change only beta and noise.

    Args:
        gathered: As `latente.survey.settings.gather` returns it.

    Returns:
        `with noise`, `without noise` -> beta -> setting, in ascending order of beta. The AE has no noise and beta 0.
    """
    steps: dict[str, dict[float, str]] = {"with noise": {}, "without noise": {}}
    for name, setting in gathered["survey"]["settings"].items():
        keys, options = {change.partition("=")[0] for change in setting["set"]}, gathered["options"][name]
        if setting["model"] in ("ae", "vae") and keys <= {"models.vae.beta", "models.vae.noise"}:
            noisy = options.get("noise", setting["model"] == "vae")
            steps["with noise" if noisy else "without noise"][float(options.get("beta", 0))] = name
    return {noise: dict(sorted(betas.items())) for noise, betas in steps.items()}


def _draw(steps: Mapping[str, Mapping[float, str]], measurements: Measurements) -> Figure:
    if not measurements:
        return figures.message("The survey has not run on these images.")
    drawn = figures.figure(5.6)
    for axes, (metric, title) in zip(drawn.subplots(2, 2).flat, _PANELS.items(), strict=True):
        values = {name: [one.metrics[metric] for one in seeds.values()] for name, seeds in measurements.items()}
        lines = {noise: {beta: values[name] for beta, name in betas.items()} for noise, betas in steps.items()}
        figures.along(axes, lines)
        axes.set_title(title, fontsize=10)
        axes.set_xlabel("beta")
    figures.legend(drawn)
    return drawn
