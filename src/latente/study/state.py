"""A state of the pipeline: the parameters, dvc.lock and metrics of one run."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from latente.dotted import at, leaves
from latente.project import declared, digests, paths, reading
from latente.study import stored
from latente.study.stored import Curve, StaleError, Training
from latente.study.tree import Tree

LAST = "report"
"""The stage that publishes. DVC writes its entry in dvc.lock after it ends, so a state does not include it."""

_EXPLORE = "explore"
"""The stage of the explorer. It has no numbers, so a state does not include it; the report depends on its page."""

CLAIMS = "claims"
"""The stage whose file holds verdicts, not metrics."""


@dataclass(frozen=True)
class PipelineState:
    """The metrics of a study, and the parameters and files behind them.

    Attributes:
        models: Of the study.
        seeds: Of the study.
        stages: Name of a stage in dvc.lock -> its parameters, as dotted leaves.
        outputs: Path -> MD5 of every output, from dvc.lock.
        metrics: Full name -> seed -> value of every number that a stage measured.
        measured: The stages that have a metrics file, `claims` apart.
        curves: Model and seed -> losses of every epoch.
        verdicts: Claim -> verdict and confirmation, such as `supported, not tried`.
        reported: Whether the report belongs to this state.
    """

    models: list[str]
    seeds: list[int]
    stages: Mapping[str, Mapping[str, object]]
    outputs: Mapping[str, str]
    metrics: Mapping[str, Mapping[str, float]]
    measured: list[str]
    curves: Mapping[Training, Curve]
    verdicts: Mapping[str, str]
    reported: bool


def load(tree: Tree) -> PipelineState:
    """Read the state of a tree.

    Raises:
        StaleError: A stage has not run, or its command, a parameter or a file changed after it ran.
        ParamsError: A file is not YAML.
    """
    try:
        return _load(tree)
    except (AttributeError, KeyError, TypeError) as error:
        raise StaleError(f"{tree.name}: this version cannot read the study ({error!r}); run `dvc repro`") from error


def _load(tree: Tree) -> PipelineState:
    params, pipeline, lock = (_yaml(tree, file) for file in (paths.params(), paths.pipeline(), paths.lock()))
    entries, stages = lock["stages"], dict(_stages(pipeline["stages"], params))
    files = {file for stage in stages.values() for file in declared.by_file(stage["params"])}
    values = {file: _yaml(tree, Path(file)) for file in files}
    names = [name for name in stages if name not in (LAST, _EXPLORE)]
    outputs = _outputs(entries, names)
    known = outputs | _outputs(entries, [_EXPLORE]) | _own(entries)
    for name in names:
        _check(tree, name, (stages[name], entries.get(name)), values, known)
    models, seeds = list(params["study"]["models"]), list(params["study"]["seeds"])
    measured = [name for name in names if name != CLAIMS and paths.metrics(name).as_posix() in outputs]
    return PipelineState(
        models,
        seeds,
        {name: dict(_parameters(entries[name])) for name in names},
        outputs,
        {name: values for stage in measured for name, values in stored.metrics(tree, stage).items()},
        measured,
        stored.curves(tree, models, seeds),
        stored.verdicts(tree) if CLAIMS in names else {},
        _reported(tree, (stages.get(LAST), entries.get(LAST)), values, known),
    )


def _outputs(entries: Mapping[str, Any], names: Sequence[str]) -> dict[str, str]:
    """Path -> MD5 of every output of some stages, from dvc.lock."""
    return {str(out["path"]): str(out["md5"]) for name in names for out in entries.get(name, {}).get("outs", [])}


def _own(entries: Mapping[str, Any]) -> dict[str, str]:
    """The path of your own images -> its MD5 in dvc.lock. They may be large and outside the project."""
    found = {Path(dep["path"]): str(dep["md5"]) for dep in entries.get("fetch", {}).get("deps", [])}
    return {path.as_posix(): md5 for path, md5 in found.items() if path.parts[0] not in ("src", "pipeline")}


def _stages(stages: Mapping[str, Any], params: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Every stage under its name in dvc.lock, with its item of the matrix filled in."""
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
    """Compare a stage of dvc.yaml and the current files with its entry in dvc.lock.

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
        raise StaleError(
            f"{tree.name}: the command or the parameters of stage {name} changed after it ran; run `dvc repro`"
        )
    for file, of_file in ran_with.items():
        _check_parameters(tree, name, of_file, values[file])
    for item in (*entry.get("deps", []), *entry.get("outs", [])):
        path, digest = Path(item["path"]), str(item["md5"])
        if _digest(tree, path, outputs) != digest:
            raise StaleError(f"{tree.name}: {path} changed after stage {name} ran; run `dvc repro`")


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
    if any(at(values, key) != was for key, was in ran_with.items()):  # a key was added or removed
        raise StaleError(f"{tree.name}: {', '.join(ran_with)} changed after {name} ran; run `dvc repro`")


def _digest(tree: Tree, file: Path, outputs: Mapping[str, str]) -> str:
    """The current digest of a file or folder. For data and the explorer, which git does not have, that in dvc.lock."""
    path = file.as_posix()
    if path in outputs and (file == paths.explore() or file.parts[0] != paths.all_metrics().parts[0]):
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
    return reading.parse(stored.content(tree, file), file, fast=True)


def _plain(value: object) -> str:
    return json.dumps(value, default=str)
