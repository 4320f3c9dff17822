"""Why a stage would run: which parameter, file or command is the cause."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from graphlib import TopologicalSorter
from typing import Any

from latente import declared, params, paths
from latente.errors import LatenteError

DVC = (sys.executable, "-m", "dvc")

_EDGE = re.compile(r'"(?P<above>[^"]+)" -> "(?P<below>[^"]+)"')
_STAGE = re.compile(r'^\s*"(?P<stage>[^"]+)";', re.MULTILINE)


def causes() -> dict[str, list[str]]:
    """Every stage of dvc.yaml in its order -> why it would run; an empty list if it is up to date.

    The audit has a pipeline of its own, which `dvc repro` leaves alone; so does this.

    Raises:
        LatenteError: DVC cannot tell; its own message says why.
    """
    status, upstream = changes(str(paths.pipeline())), above(str(paths.pipeline()))
    before, now = _lock(), params.read(paths.params())
    direct = {stage: list(_direct(stage, found, before, now)) for stage, found in status.items()}
    order = TopologicalSorter({stage: sorted(names) for stage, names in upstream.items()}).static_order()
    return {stage: direct.get(stage, []) or _inherited(stage, upstream, direct) for stage in order}


def changes(target: str) -> Mapping[str, Any]:
    """What `dvc status` says of the stages that a dvc.yaml needs; nothing of those that are up to date.

    Raises:
        LatenteError: DVC cannot tell; its own message says why.
    """
    return dict(json.loads(_dvc("status", "--with-deps", target, "--json")))


def above(target: str) -> dict[str, set[str]]:
    """Every stage that a dvc.yaml needs, as ordered there -> the stages that it waits for.

    Raises:
        LatenteError: DVC cannot tell; its own message says why.
    """
    graph = _dvc("dag", target, "--dot")
    found: dict[str, set[str]] = {stage: set() for stage in _STAGE.findall(graph)}
    for edge in _EDGE.finditer(graph):
        found.setdefault(edge["above"], set())
        found.setdefault(edge["below"], set()).add(edge["above"])
    return found


def _inherited(stage: str, above: Mapping[str, set[str]], direct: Mapping[str, list[str]]) -> list[str]:
    """The stages above that would run, if there are any."""
    waiting, seen = [stage], set[str]()
    while waiting:
        for name in above.get(waiting.pop(), set()) - seen:
            seen.add(name)
            waiting.append(name)
    changed = sorted(name for name in seen if direct.get(name))
    return (
        [f"only if {', '.join(changed)} {'writes' if len(changed) == 1 else 'write'} something else"] if changed else []
    )


def _direct(stage: str, changes: Sequence[Any], before: Mapping[str, Any], now: Any) -> Iterator[str]:
    if stage not in before:
        yield "it has not run yet"
        return
    for change in changes:
        yield from _told(stage, change, before, now)


def _told(stage: str, change: Any, before: Mapping[str, Any], now: Any) -> Iterator[str]:
    """The changes that `dvc status` names, in words."""
    if isinstance(change, str):
        yield {"changed command": "its command has changed"}.get(change, change)
        return
    for kind, items in change.items():
        for name, what in items.items():
            if isinstance(what, Mapping):  # a file of parameters
                yield from (text for key in what for text in _parameter(stage, key, before, now))
            elif kind == "changed deps":
                yield f"{name} is {what}"
            else:
                yield f"its output {name} is {what}"


def _parameter(stage: str, key: str, before: Mapping[str, Any], now: Any) -> Iterator[str]:
    known = before.get(stage, {}).get("params", {}).get(paths.params().as_posix(), {})
    was, is_now = (dict(declared.leaves(key, value)) for value in (known.get(key), declared.at(now, key)))
    for name in {**was, **is_now}:
        if name not in was or key not in known:
            yield f"{name} is new, {json.dumps(is_now[name], default=str)}"
        elif name not in is_now:
            yield f"{name} is gone, was {json.dumps(was[name], default=str)}"
        elif was[name] != is_now[name]:
            yield f"{name} is {json.dumps(is_now[name], default=str)}, was {json.dumps(was[name], default=str)}"


def _lock() -> Mapping[str, Any]:
    return dict(params.read(paths.lock())["stages"]) if paths.lock().exists() else {}


def _dvc(*arguments: str) -> str:
    done = subprocess.run([*DVC, *arguments], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise LatenteError(f"dvc {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout
