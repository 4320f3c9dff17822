"""A study and its rows: the metrics and parameters of a state under stable names."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from latente.evidence import intervals
from latente.project import paths
from latente.results import records
from latente.study.state import CLAIMS, PipelineState
from latente.study.stored import Curve

HEADLINES = (
    "separation.silhouette",
    "separation.knn_accuracy",
    "reconstruction.mse",
    "reconstruction.distortion",
    "reconstruction.rate",
    "train.validation_elbo",
    "prior.standard.accepted",
    "prior.standard.fid",
)
"""Metrics shown first in tables and charts."""

_ELSEWHERE = frozenset({"fetch", "study", CLAIMS})
"""Stages whose parameters affect no metric of a row."""

_CONFIDENCE = 0.95
"""Confidence of the intervals of a study whose params.yaml has no `claims.confidence` yet."""


@dataclass(frozen=True)
class Row:
    """One trained model.

    Attributes:
        model: A file of `latente.models.variants`.
        seed: Of its training.
        params: Dotted name -> value of every parameter that its metrics depend on.
        metrics: `stage.metric` -> value.
        data: MD5 of the images, from DVC.
        outputs: Stage -> path and MD5 of one output. They identify the tracked run of the stage.
        curve: `epoch` and losses of every epoch of its training.
    """

    model: str
    seed: int
    params: Mapping[str, object]
    metrics: Mapping[str, float]
    data: str
    outputs: Mapping[str, tuple[str, str]]
    curve: Sequence[Mapping[str, float]] = ()

    @property
    def name(self) -> str:
        """`model-seed`, as in the names of stages."""
        return f"{self.model}-{self.seed}"


@dataclass(frozen=True)
class Study:
    """One state of the pipeline.

    Attributes:
        key: A hash of parameters, data, weights, codes and metrics. It does not depend on code and figures.
        data: MD5 of the images, from DVC.
        params: Dotted name -> value of every parameter that any of its metrics depends on.
        metrics: `stage.subject.metric.statistic` -> value. The statistics are the mean over seeds, the standard
            deviation (sd), and the ends (low, high) of the Student interval with the study's confidence.
        rows: One for each model and seed.
        verdicts: Claim -> verdict and confirmation, such as `supported, not tried`.
    """

    key: str
    data: str
    params: Mapping[str, object]
    metrics: Mapping[str, float]
    rows: list[Row]
    verdicts: Mapping[str, str]


def study(state: PipelineState) -> Study:
    """The study and the rows of a state."""
    rows = [_row(state, model, seed) for model in state.models for seed in state.seeds]
    shared = {name: value for row in rows for name, value in row.params.items() if name not in ("model", "seed")}
    params = {"study.models": state.models, "study.seeds": state.seeds} | shared
    results = {path: md5 for path, md5 in state.outputs.items() if not path.startswith(str(paths.all_figures()))}
    key = hashlib.sha256(json.dumps([params, results], sort_keys=True, default=str).encode()).hexdigest()[:16]
    data = state.outputs[paths.raw().as_posix()]
    return Study(key, data, params, dict(_aggregates(state, rows)), rows, state.verdicts)


def _row(state: PipelineState, model: str, seed: int) -> Row:
    own = f"@{model}-{seed}"
    stages = [name for name in state.stages if name not in _ELSEWHERE and ("@" not in name or name.endswith(own))]
    params = {k: v for k, v in state.stages.get("fetch", {}).items() if k == "data.name"}
    params |= {k: v for name in stages for k, v in state.stages[name].items() if not _of_others(k, model)}
    metrics = dict(_best(state.curves[model, seed]))
    for name, values in state.metrics.items():
        stage, subject, metric = name.split(".", 2)
        if subject == model and str(seed) in values:
            metrics[f"{stage}.{metric}"] = values[str(seed)]
    files = {"train": paths.weights(model, seed), "encode": paths.latents(model, seed)}
    files |= {stage: paths.metrics(stage) for stage in state.measured}
    outputs = {stage: (path.as_posix(), state.outputs[path.as_posix()]) for stage, path in files.items()}
    data = state.outputs[paths.raw().as_posix()]
    identity = {"model": model, "seed": seed}
    return Row(model, seed, identity | params, metrics, data, outputs, state.curves[model, seed])


def _of_others(key: str, model: str) -> bool:
    """Whether a parameter belongs to other models or seeds, so that no metric of this row depends on it."""
    return key in ("study.models", "study.seeds") or (
        key.startswith("models.") and not key.startswith(f"models.{model}.")
    )


def _best(curve: Curve) -> Iterator[tuple[str, float]]:
    """The best epoch and its losses, in nats per image. A model without a rate has no ELBO."""
    best = min(curve, key=lambda epoch: epoch["validation_loss"])
    yield from ((f"train.best_{name}", value) for name, value in best.items())
    if "validation_rate" in best:
        yield "train.validation_elbo", -(best["validation_distortion"] + best["validation_rate"])


def _aggregates(state: PipelineState, rows: Sequence[Row]) -> Iterator[tuple[str, float]]:
    """Name and value of every statistic of `Study.metrics`."""
    confidence = float(str(state.stages.get(CLAIMS, {}).get("claims.confidence", _CONFIDENCE)))
    for name, seeds in (dict(_trained(rows)) | dict(state.metrics)).items():
        yield f"{name}.mean", records.mean(seeds)
        if (deviation := records.deviation(seeds)) is not None:
            yield f"{name}.sd", deviation
            yield from _interval(name, seeds, confidence)


def _trained(rows: Sequence[Row]) -> Iterator[tuple[str, Mapping[str, float]]]:
    """Full name, such as `train.vae.best_epoch`, and value by seed of every metric of the trainings."""
    for model in dict.fromkeys(row.model for row in rows):
        own = [row for row in rows if row.model == model]
        for name in (name for name in own[0].metrics if name.startswith("train.")):
            stage, metric = name.split(".", 1)
            yield f"{stage}.{model}.{metric}", {str(row.seed): row.metrics[name] for row in own}


def _interval(name: str, seeds: Mapping[str, float], confidence: float) -> Iterator[tuple[str, float]]:
    """The ends of the interval of a mean. Pairs of seeds have none: they share seeds, so they are not independent."""
    if all(seed.isdigit() for seed in seeds):
        difference = intervals.against(seeds, 0.0, confidence=confidence)
        yield from ((f"{name}.low", difference.low), (f"{name}.high", difference.high))
