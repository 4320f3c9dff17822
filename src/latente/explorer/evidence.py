"""What the study says: the claims of the tour, and the shares of samples that the judge accepts."""

from collections.abc import Mapping, Sequence
from typing import Any

from latente.evidence.deciding import deciding
from latente.results import records

TOUR = {
    "reconstruction": "reconstruction",
    "centroids": "centroids",
    "samples": "prior_vae",
    "hole": "holes",
    "classes": "separation",
}
"""Step of the tour -> the claim that it shows. A study without this claim has the step without its claim."""

_OF_CLASSES = frozenset({"centroids", "classes"})

DENSITIES = ("standard", "gaussian", "mixture")
"""The densities of the analysis `prior`."""


def tour(decided: Sequence[Mapping[str, Any]], *, labelled: bool = True) -> list[dict[str, Any]]:
    """The steps of the tour, each with the sentence, the verdict and the deciding number of its claim.

    Args:
        decided: The claims, as reports/metrics/claims.json stores them.
        labelled: Whether the images have labels. If not, the tour has no steps about classes.
    """
    claims = {claim["name"]: claim for claim in decided}
    return [
        {"step": step, "claim": _claim(claims[name]) if name in claims else None}
        for step, name in TOUR.items()
        if labelled or step not in _OF_CLASSES
    ]


def _claim(claim: Mapping[str, Any]) -> dict[str, Any]:
    number = {key: deciding(claim).get(key) for key in ("name", "mean", "low", "high")}
    return {key: claim[key] for key in ("sentence", "verdict")} | {"number": number}


def accepted(numbers: Mapping[str, Mapping[str, float]], model: str) -> dict[str, float]:
    """Density -> share of its samples, in [0, 1], that the judge accepts in the study: the mean over seeds.

    Args:
        numbers: Full name -> seed -> value of the metrics of `prior`.
        model: Of the study.
    """
    return {density: records.mean(numbers[f"prior.{model}.{density}.accepted"]) for density in DENSITIES}


def components(numbers: Mapping[str, Mapping[str, float]], model: str, seed: int) -> int:
    """The number of Gaussians of the mixture that the study has chosen for one training."""
    return int(numbers[f"prior.{model}.mixture.components"][str(seed)])
