"""The league: every variant with all images, measured by few numbers."""

from collections.abc import Sequence
from functools import partial

import numpy as np
from jaxtyping import Bool

from latente.codes.latents import Latents
from latente.measures import linear_probe
from latente.measures.active_units import active
from latente.results.measurement import Measurement
from latente.results.result import Result
from latente.survey.measurement import separated
from latente.survey.settings import League

HEADLINES = (
    *("mse", "distortion", "rate", "log_likelihood"),
    *(f"{density}.{metric}" for density in ("standard", "mixture") for metric in ("accepted", "fid", "coverage")),
    *("auc", "holes", "reweighted.accepted"),
)
"""The metrics of reconstruction, prior and gap that the league shows. A point posterior has no rate and likelihood."""


def measure(results: Sequence[Result], name: str, seed: str, codes: Latents, options: League) -> Measurement:
    """Measure one training.

    Args:
        results: Of the analyses of reconstruction, prior and gap.
        name: Of the variant, a subject of the results.
        seed: Of the training.
        codes: Of the training.
        options: Of the measures of codes.

    Returns:
        `HEADLINES`, `silhouette`, `knn_accuracy`, `probe.N` and `active_units`, as the analyses define them.
    """
    found = _of_codes(codes, options)
    for result in results:
        found |= result.measurements[name][seed].only(HEADLINES)
    return found


def _of_codes(codes: Latents, options: League) -> Measurement:
    train, test = codes.only("train"), codes.only("test")
    few = linear_probe.few_labels(
        train.mean, train.label, test.mean, test.label, counts=options.labels, draws=options.draws, seed=[0]
    )
    units = partial(_active_units, codes=test, above=options.active)
    return (
        separated(codes, options.neighbours)
        | Measurement.over_images({f"probe.{count}": right for count, right in few.items()})
        | Measurement.recomputed({"active_units": units}, len(test.mean))
    )


def _active_units(kept: Bool[np.ndarray, " images"], codes: Latents, above: float) -> float:
    return float(active(codes.mean[kept], above).sum())
