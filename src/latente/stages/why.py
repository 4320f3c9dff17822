"""Why a stage would run: which parameter, file or command changed."""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

from latente.dotted import at, leaves
from latente.project import paths, reading
from latente.stages import graph, versions

DVC = (sys.executable, "-m", "dvc")


def causes() -> dict[str, list[str]]:
    """Stage of dvc.yaml, in the order of the pipeline -> why it would run; an empty list if it is up to date.

    The survey has its own pipeline. Like `dvc repro`, this function does not include it.

    Raises:
        LatenteError: DVC cannot read the pipeline; the error has its message.
    """
    pipeline, before = graph.read(str(paths.pipeline())), _lock()
    direct = {stage: list(_direct(changed, before.get(stage))) for stage, changed in pipeline.changes.items()}
    order = TopologicalSorter({stage: sorted(names) for stage, names in pipeline.above.items()}).static_order()
    return {stage: direct.get(stage, []) or _inherited(stage, pipeline.above, direct) for stage in order}


def _inherited(stage: str, above: Mapping[str, set[str]], direct: Mapping[str, list[str]]) -> list[str]:
    """The cause that lies in earlier stages: the stages that would run before this one."""
    waiting, seen = [stage], set[str]()
    while waiting:
        for name in above.get(waiting.pop(), set()) - seen:
            seen.add(name)
            waiting.append(name)
    changed = sorted(name for name in seen if direct.get(name))
    return (
        [f"only if {', '.join(changed)} {'writes' if len(changed) == 1 else 'write'} something else"] if changed else []
    )


def _direct(changes: Sequence[Any], entry: Mapping[str, Any] | None) -> Iterator[str]:
    """The causes in the stage itself.

    Args:
        changes: The changes of the stage in `dvc status`.
        entry: The entry of the stage in dvc.lock.
    """
    if entry is None:
        yield "it has not run yet"
        return
    for change in changes:
        yield from _in_words(change, entry)


def _in_words(change: Any, entry: Mapping[str, Any]) -> Iterator[str]:
    if isinstance(change, str):
        yield {"changed command": "its command has changed"}.get(change, change)
        return
    for kind, items in change.items():
        for name, what in items.items():
            if isinstance(what, Mapping):  # a parameter file
                now, before = reading.read(Path(name), fast=True), entry.get("params", {}).get(name, {})
                yield from (text for key in what for text in _parameter(key, before, now))
            elif kind == "changed deps":
                yield f"{name} is {what}"
            else:
                yield f"its output {name} is {what}"


def _parameter(key: str, before: Mapping[str, Any], now: Any) -> Iterator[str]:
    if isinstance(value := at(now, key), str) and "==" in value:  # a package and its requirements
        yield from versions.differences(str(before.get(key, "")), value)
        return
    was, is_now = (dict(leaves(key, each)) for each in (before.get(key), value))
    for name in {**was, **is_now}:
        if name not in was or key not in before:
            yield f"{name} is new, {json.dumps(is_now[name], default=str)}"
        elif name not in is_now:
            yield f"{name} is gone, was {json.dumps(was[name], default=str)}"
        elif was[name] != is_now[name]:
            yield f"{name} is {json.dumps(is_now[name], default=str)}, was {json.dumps(was[name], default=str)}"


def _lock() -> Mapping[str, Any]:
    return dict(reading.read(paths.lock(), fast=True)["stages"]) if paths.lock().exists() else {}
