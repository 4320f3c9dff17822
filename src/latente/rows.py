"""A state of the pipeline as a study and its rows: numbers and parameters under stable names."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from latente import intervals, paths, scores
from latente.state import State

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
"""The metrics by which a row is told first."""

_ELSEWHERE = frozenset({"fetch", "study", "claims"})
"""Where the images lie, what else is compared and what is claimed shapes no number of a row."""


@dataclass(frozen=True)
class Row:
    """One trained model.

    Attributes:
        model: A file of `latente.models`.
        seed: Of its training.
        params: Dotted name -> value of everything that shaped its numbers; nothing of other models.
        metrics: `stage.metric` -> value of everything that was measured of it.
        data: MD5 of the images, as DVC gives it.
        outputs: Stage -> path and MD5 of the output by which its tracked run is found.
        curve: Losses of every epoch of its training, `epoch` among them.
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
        """Model and seed, as in the names of stages."""
        return f"{self.model}-{self.seed}"


@dataclass(frozen=True)
class Study:
    """One state of the pipeline.

    Attributes:
        key: The same for the same parameters, data, weights, codes and metrics; code and drawings do not count.
        data: MD5 of the images, as DVC gives it.
        params: Dotted name -> value of everything that shaped any of its numbers.
        metrics: `stage.metric.subject.statistic` -> value, the statistics being mean, sd, and low and high of the
            95 % Student interval of the mean over seeds.
        rows: One for each model and seed.
        verdicts: Claim -> supported, refuted or undecided.
    """

    key: str
    data: str
    params: Mapping[str, object]
    metrics: Mapping[str, float]
    rows: list[Row]
    verdicts: Mapping[str, str]


def study(state: State) -> Study:
    """The study and the rows of a state."""
    rows = [_row(state, model, seed) for model in state.models for seed in state.seeds]
    shaping = {name: value for row in rows for name, value in row.params.items() if name not in ("model", "seed")}
    params = {"study.models": state.models, "study.seeds": state.seeds} | shaping
    results = {path: md5 for path, md5 in state.outputs.items() if not path.startswith(str(paths.all_figures()))}
    key = hashlib.sha256(json.dumps([params, results], sort_keys=True, default=str).encode()).hexdigest()[:16]
    data = state.outputs[paths.raw().as_posix()]
    return Study(key, data, params, dict(_aggregates(state, rows)), rows, state.verdicts)


def _row(state: State, model: str, seed: int) -> Row:
    own = f"@{model}-{seed}"
    made_by = [name for name in state.stages if name not in _ELSEWHERE and ("@" not in name or name.endswith(own))]
    params = {k: v for name in made_by for k, v in state.stages[name].items() if not _of_others(k, model)}
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
    """Whether a parameter says what else is in the study, which shapes no number of a row."""
    return key in ("study.models", "study.seeds") or (
        key.startswith("models.") and not key.startswith(f"models.{model}.")
    )


def _elbo(training: Mapping[str, float]) -> Iterator[tuple[str, float]]:
    """Validation ELBO in nats per image; a model without a rate has none."""
    if "best_validation_rate" in training:
        terms = training["best_validation_distortion"] + training["best_validation_rate"]
        yield "train.validation_elbo", -terms


def _aggregates(state: State, rows: Sequence[Row]) -> Iterator[tuple[str, float]]:
    for name, subject, summary in _measured(state, rows):
        label = f"{name}.{subject.replace('~', '-')}"  # the store takes no tilde
        yield f"{label}.mean", summary["mean"]
        if summary["sd"] is not None:
            yield f"{label}.sd", summary["sd"]
            yield from _interval(label, summary["seeds"])


def _measured(state: State, rows: Sequence[Row]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Metric, subject and summary of everything that was measured."""
    for model in state.models:
        own = [row for row in rows if row.model == model]
        for name in (name for name in own[0].metrics if name.startswith("train.")):
            yield name, model, scores.summary({str(row.seed): row.metrics[name] for row in own}, name)
    for stage, subjects in state.metrics.items():
        for subject, node in subjects.items():
            if not isinstance(node, Mapping):  # a stage without subjects, as the judge
                yield stage, subject, scores.summary({"data": node}, stage)
                continue
            for name, summary in _summaries(node, stage):
                yield name, subject, summary


def _interval(label: str, seeds: Mapping[str, float]) -> Iterator[tuple[str, float]]:
    """None for pairs of seeds, which share seeds and so are not independent."""
    if all(seed.isdigit() for seed in seeds):
        found = intervals.against(seeds, 0.0)
        yield from ((f"{label}.low", found.low), (f"{label}.high", found.high))


def _summaries(node: Any, name: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Dotted name and summary of every metric below a node of a metrics file."""
    if isinstance(node, Mapping) and "mean" in node:
        yield name, node
    elif isinstance(node, Mapping):
        for level, inner in node.items():
            yield from _summaries(inner, f"{name}.{level}")
