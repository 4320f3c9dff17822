"""A state of the pipeline: parameters, dvc.lock and metrics that belong together."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from latente import declared, files, params, paths
from latente.errors import LatenteError
from latente.tree import Tree

LAST = "report"
"""The stage that publishes: its own entry in dvc.lock is written after it ends, so it is no part of a state."""


class StaleError(LatenteError):
    """Parameters, code or metrics are not those of dvc.lock: there is no one state to speak of."""


@dataclass(frozen=True)
class State:
    """What made the metrics, and the metrics.

    Attributes:
        models: Of the study.
        seeds: Of the study.
        stages: Name of a stage in dvc.lock -> its parameters, as dotted leaves.
        outputs: Path -> MD5 of everything that the stages wrote, as dvc.lock has it.
        metrics: Stage -> content of its metrics file.
        trainings: Model and seed -> metrics of the training.
    """

    models: list[str]
    seeds: list[int]
    stages: Mapping[str, Mapping[str, object]]
    outputs: Mapping[str, str]
    metrics: Mapping[str, Mapping[str, Any]]
    trainings: Mapping[tuple[str, int], Mapping[str, float]]


def load(tree: Tree) -> State:
    """Read the state that the files of a tree are in.

    Raises:
        StaleError: A stage has not run, or a parameter, a file of code or a metrics file is not the one in dvc.lock.
        ParamsError: A file is not YAML.
    """
    values, pipeline, lock = (_yaml(tree, file) for file in (paths.params(), paths.pipeline(), paths.lock()))
    entries = lock["stages"]
    names = [name for name in _expected(pipeline["stages"], values) if name.partition("@")[0] != LAST]
    for name in names:
        _check(tree, name, entries.get(name), values)
    outputs = {str(out["path"]): str(out["md5"]) for name in names for out in entries[name].get("outs", [])}
    models, seeds = list(values["study"]["models"]), list(values["study"]["seeds"])
    return State(
        models,
        seeds,
        {name: dict(_parameters(entries[name])) for name in names},
        outputs,
        {name: _json(tree, paths.metrics(name)) for name in names if paths.metrics(name).as_posix() in outputs},
        {pair: _json(tree, paths.training(*pair)) for pair in product(models, seeds)},
    )


def _expected(stages: Mapping[str, Any], values: Mapping[str, Any]) -> Iterator[str]:
    """Names of the stages as dvc.lock spells them, matrices written out."""
    for name, stage in stages.items():
        lists = [declared.at(values, str(source).strip("${} ")) for source in stage.get("matrix", {}).values()]
        for item in product(*lists):
            yield "@".join([name, *(["-".join(map(str, item))] if item else [])])


def _check(tree: Tree, name: str, entry: Any, values: Any) -> None:
    if entry is None:
        raise StaleError(f"{tree.name}: stage {name} has not run; run `dvc repro`")
    for key, was in entry.get("params", {}).get(paths.params().as_posix(), {}).items():
        now = declared.at(values, key)
        if now != was:
            raise StaleError(f"{tree.name}: {key} is {_plain(now)}, but {name} ran with {_plain(was)}; run `dvc repro`")
    for item in (*entry.get("deps", []), *entry.get("outs", [])):
        file, digest = Path(item["path"]), str(item["md5"])
        if file.parts[0] == "data" or digest.endswith(".dir"):
            continue  # too large to read each time, or listed file by file elsewhere
        content = tree.read(file)
        if content is None or files.md5(content) != digest:
            what = "is missing" if content is None else "is not the file that dvc.lock knows"
            raise StaleError(f"{tree.name}: {file} of stage {name} {what}; run `dvc repro`")


def _parameters(entry: Any) -> Iterator[tuple[str, object]]:
    for key, value in entry.get("params", {}).get(paths.params().as_posix(), {}).items():
        yield from declared.leaves(key, value)


def _yaml(tree: Tree, file: Path) -> Any:
    content = tree.read(file)
    if content is None:
        raise StaleError(f"{tree.name}: no {file}; run `dvc repro` from the project's root")
    return params.parse(content, file)


def _json(tree: Tree, file: Path) -> Any:
    content = tree.read(file)
    if content is None:
        raise StaleError(f"{tree.name}: no {file}; run `dvc repro`")
    return json.loads(content)


def _plain(value: object) -> str:
    return json.dumps(value, default=str)
