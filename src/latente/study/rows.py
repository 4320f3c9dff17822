"""A state of the pipeline as a study and its rows: metrics and parameters under stable names."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from latente.evidence import intervals
from latente.project import paths
from latente.results import summaries
from latente.study.state import CLAIMS, PipelineState

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
"""Of the intervals of a study, if its commit is older than `claims.confidence` in params.yaml."""


@dataclass(frozen=True)
class Row:
    """One trained model.

    Attributes:
        model: A file of `latente.models.variants`.
        seed: Of its training.
        params: Dotted name -> value of every parameter that its metrics depend on; none of other models.
        metrics: `stage.metric` -> value.
        data: MD5 of the images, as DVC gives it.
        outputs: Stage -> path and MD5 of one output; the tracked run of the stage is looked up by it.
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
        key: A hash of parameters, data, weights, codes and metrics; code and figures do not count.
        data: MD5 of the images, as DVC gives it.
        params: Dotted name -> value of every parameter that any of its metrics depends on.
        metrics: `stage.metric.subject.statistic` -> value. The statistics are the mean over seeds, the standard
            deviation (sd), and the ends (low, high) of the Student interval with the study's confidence.
        rows: One for each model and seed.
        verdicts: Claim -> supported, refuted or undecided.
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
    params = {k: v for name in stages for k, v in state.stages[name].items() if not _of_others(k, model)}
    training = state.trainings[model, seed]
    metrics = {f"train.{name}": value for name, value in training.items()} | dict(_elbo(training))
    for stage, subjects in state.metrics.items():
        for name, summary in _summaries(subjects.get(model, {}), stage):
            if str(seed) in summary["seeds"]:
                metrics[name] = summary["seeds"][str(seed)]
    files = {"train": paths.weights(model, seed), "encode": paths.latents(model, seed)}
    files |= {stage: paths.metrics(stage) for stage in state.metrics}
    outputs = {stage: (path.as_posix(), state.outputs[path.as_posix()]) for stage, path in files.items()}
    data = state.outputs[paths.raw().as_posix()]
    identity = {"model": model, "seed": seed}
    return Row(model, seed, identity | params, metrics, data, outputs, state.curves[model, seed])


def _of_others(key: str, model: str) -> bool:
    """Whether a parameter is of other models or seeds of the study, so that no metric of this row depends on it."""
    return key in ("study.models", "study.seeds") or (
        key.startswith("models.") and not key.startswith(f"models.{model}.")
    )


def _elbo(training: Mapping[str, float]) -> Iterator[tuple[str, float]]:
    """Validation ELBO in nats per image; a model without a rate has none."""
    if "best_validation_rate" in training:
        terms = training["best_validation_distortion"] + training["best_validation_rate"]
        yield "train.validation_elbo", -terms


def _aggregates(state: PipelineState, rows: Sequence[Row]) -> Iterator[tuple[str, float]]:
    """Name and value of the statistics of every metric, as `Study.metrics` has them."""
    confidence = float(str(state.stages.get(CLAIMS, {}).get("claims.confidence", _CONFIDENCE)))
    for name, subject, summary in _measured(state, rows):
        label = f"{name}.{subject.replace('~', '-')}"  # the store takes no tilde
        yield f"{label}.mean", summary["mean"]
        if summary["sd"] is not None:
            yield f"{label}.sd", summary["sd"]
            yield from _interval(label, summary["seeds"], confidence)


def _measured(state: PipelineState, rows: Sequence[Row]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Metric, subject and summary of every metric of every subject."""
    for model in state.models:
        own = [row for row in rows if row.model == model]
        for name in (name for name in own[0].metrics if name.startswith("train.")):
            yield name, model, summaries.summary({str(row.seed): row.metrics[name] for row in own}, name)
    for stage, subjects in state.metrics.items():
        for subject, node in subjects.items():
            if not isinstance(node, Mapping):  # a stage without subjects, as the judge
                yield stage, subject, summaries.summary({"data": node}, stage)
                continue
            for name, summary in _summaries(node, stage):
                yield name, subject, summary


def _interval(label: str, seeds: Mapping[str, float], confidence: float) -> Iterator[tuple[str, float]]:
    """The ends of the interval of a mean; none for pairs of seeds, which share seeds and so are not independent."""
    if all(seed.isdigit() for seed in seeds):
        difference = intervals.against(seeds, 0.0, confidence=confidence)
        yield from ((f"{label}.low", difference.low), (f"{label}.high", difference.high))


def _summaries(node: Any, name: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Dotted name and summary of every metric below a node of a metrics file."""
    if isinstance(node, Mapping) and "mean" in node:
        yield name, node
    elif isinstance(node, Mapping):
        for level, inner in node.items():
            yield from _summaries(inner, f"{name}.{level}")
