"""A state of the pipeline: parameters, dvc.lock and metrics that belong together."""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from latente.dotted import at, leaves
from latente.errors import LatenteError
from latente.project import declared, digests, paths, reading
from latente.study.tree import Tree

LAST = "report"
"""The stage that publishes: its own entry in dvc.lock is written after it ends, so it is no part of a state."""

CLAIMS = "claims"
"""The stage whose file holds verdicts on the metrics of all others, not metrics of its own."""


class StaleError(LatenteError):
    """Parameters, code or metrics are not those of dvc.lock: there is no one state to speak of."""


@dataclass(frozen=True)
class PipelineState:
    """What made the metrics, and the metrics.

    Attributes:
        models: Of the study.
        seeds: Of the study.
        stages: Name of a stage in dvc.lock -> its parameters, as dotted leaves.
        outputs: Path -> MD5 of everything that the stages wrote, as dvc.lock has it.
        metrics: Stage -> content of its metrics file.
        trainings: Model and seed -> metrics of the training.
        curves: Model and seed -> losses of every epoch.
        verdicts: Claim -> supported, refuted or undecided.
        reported: Whether the report is the one of this state.
    """

    models: list[str]
    seeds: list[int]
    stages: Mapping[str, Mapping[str, object]]
    outputs: Mapping[str, str]
    metrics: Mapping[str, Mapping[str, Any]]
    trainings: Mapping[tuple[str, int], Mapping[str, float]]
    curves: Mapping[tuple[str, int], list[dict[str, float]]]
    verdicts: Mapping[str, str]
    reported: bool


def load(tree: Tree) -> PipelineState:
    """Read the state that the files of a tree are in.

    Raises:
        StaleError: A stage has not run, or ran with another command, parameter, file or input than are there now.
        ParamsError: A file is not YAML.
    """
    try:
        return _load(tree)
    except (AttributeError, KeyError, TypeError) as error:
        raise StaleError(f"{tree.name}: not a study as this version knows it ({error!r}); run `dvc repro`") from error


def _load(tree: Tree) -> PipelineState:
    params, pipeline, lock = (_yaml(tree, file) for file in (paths.params(), paths.pipeline(), paths.lock()))
    entries, stages = lock["stages"], dict(_stages(pipeline["stages"], params))
    files = {file for stage in stages.values() for file in declared.by_file(stage["params"])}
    values = {file: _yaml(tree, Path(file)) for file in files}
    names = [name for name in stages if name != LAST]
    outputs = {str(out["path"]): str(out["md5"]) for name in names for out in entries.get(name, {}).get("outs", [])}
    for name in names:
        _check(tree, name, (stages[name], entries.get(name)), values, outputs)
    models, seeds = list(params["study"]["models"]), list(params["study"]["seeds"])
    measured = [name for name in names if paths.metrics(name).as_posix() in outputs]
    return PipelineState(
        models,
        seeds,
        {name: dict(_parameters(entries[name])) for name in names},
        outputs,
        {name: _json(tree, paths.metrics(name)) for name in measured if name != CLAIMS},
        {pair: _floats(_json(tree, paths.training(*pair))) for pair in product(models, seeds)},
        {pair: _table(tree, paths.curve(*pair)) for pair in product(models, seeds)},
        _verdicts(tree) if CLAIMS in measured else {},
        _reported(tree, (stages.get(LAST), entries.get(LAST)), values, outputs),
    )


def _stages(stages: Mapping[str, Any], params: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Every stage as dvc.lock names it, its item of the matrix filled in."""
    for name, stage in stages.items():
        matrix = {part: at(params, str(source).strip("${} ")) for part, source in stage.get("matrix", {}).items()}
        for values in product(*matrix.values()):
            item = dict(zip(matrix, values, strict=True))
            text = declared.fill(json.dumps({"cmd": stage["cmd"], "params": stage.get("params", [])}), item)
            yield "@".join([name, *(["-".join(map(str, values))] if item else [])]), json.loads(text)


def _reported(tree: Tree, last: tuple[Any, Any], values: Any, outputs: Mapping[str, str]) -> bool:
    try:
        _check(tree, LAST, last, values, outputs)
    except StaleError:
        return False
    return True


def _check(
    tree: Tree, name: str, known: tuple[Any, Any], values: Mapping[str, Any], outputs: Mapping[str, str]
) -> None:
    """Compare a stage of dvc.yaml, and what is there now, with its entry in dvc.lock.

    Raises:
        StaleError: They differ.
    """
    stage, entry = known
    if entry is None:
        raise StaleError(f"{tree.name}: stage {name} has not run; run `dvc repro`")
    ran_with, keys = entry.get("params", {}), declared.by_file(stage["params"])
    if entry["cmd"] != stage["cmd"] or {file: set(of_file) for file, of_file in ran_with.items()} != {
        file: set(of_file) for file, of_file in keys.items()
    }:
        raise StaleError(f"{tree.name}: stage {name} is not the one that ran; run `dvc repro`")
    for file, of_file in ran_with.items():
        _check_parameters(tree, name, of_file, values[file])
    for item in (*entry.get("deps", []), *entry.get("outs", [])):
        path, digest = Path(item["path"]), str(item["md5"])
        if _digest(tree, path, outputs) != digest:
            raise StaleError(f"{tree.name}: {path} of stage {name} is not the one that dvc.lock knows; run `dvc repro`")


def _check_parameters(tree: Tree, name: str, ran_with: Mapping[str, Any], values: Any) -> None:
    """Compare the parameters of one file with those that a stage ran with.

    Raises:
        StaleError: One differs; says which.
    """
    for key, was in (leaf for parent, value in ran_with.items() for leaf in leaves(parent, value)):
        now = at(values, key)
        if now != was and "==" in str(was):  # a package and all that it requires: a long text
            raise StaleError(
                f"{tree.name}: {name} ran with another version of {key}, or of a package it requires; run `dvc repro`"
            )
        if now != was:
            raise StaleError(f"{tree.name}: {key} is {_plain(now)}, but {name} ran with {_plain(was)}; run `dvc repro`")
    if any(at(values, key) != was for key, was in ran_with.items()):  # a key came or went
        raise StaleError(f"{tree.name}: {', '.join(ran_with)} changed after {name} ran; run `dvc repro`")


def _digest(tree: Tree, file: Path, outputs: Mapping[str, str]) -> str:
    """The digest of a file or folder as it is now; of data, which is too large to read, as the stages made it."""
    path = file.as_posix()
    if path in outputs and file.parts[0] == paths.raw().parts[0]:
        return outputs[path]
    if file.parts[0] == paths.raw().parts[0]:
        return digests.listing(
            {out[len(path) + 1 :]: md5 for out, md5 in outputs.items() if out.startswith(f"{path}/")}
        )
    content = tree.read(file)
    if content is not None:
        return digests.md5(content)
    inner = {path.relative_to(file): path for path in tree.within(file)}
    kept = {short.as_posix(): path for short, path in inner.items() if not digests.ignored(short)}
    return digests.listing({short: digests.md5(tree.read(path) or b"") for short, path in kept.items()})


def _parameters(entry: Any) -> Iterator[tuple[str, object]]:
    for key, value in entry.get("params", {}).get(paths.params().as_posix(), {}).items():
        yield from leaves(key, value)


def _yaml(tree: Tree, file: Path) -> Any:
    content = tree.read(file)
    if content is None:
        raise StaleError(f"{tree.name}: no {file}; run `dvc repro` from the project's root")
    return reading.parse(content, file)


def _json(tree: Tree, file: Path) -> Any:
    return json.loads(_content(tree, file))


def _table(tree: Tree, file: Path) -> list[dict[str, float]]:
    return [_floats(line) for line in csv.DictReader(io.StringIO(_content(tree, file).decode()))]


def _content(tree: Tree, file: Path) -> bytes:
    content = tree.read(file)
    if content is None:
        raise StaleError(f"{tree.name}: no {file}; run `dvc repro`")
    return content


def _verdicts(tree: Tree) -> dict[str, str]:
    return {name: str(claim["verdict"]) for name, claim in _json(tree, paths.metrics(CLAIMS))["claims"].items()}


def _floats(values: Mapping[str, Any]) -> dict[str, float]:
    return {name: float(value) for name, value in values.items()}


def _plain(value: object) -> str:
    return json.dumps(value, default=str)
