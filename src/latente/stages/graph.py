"""What DVC knows about a pipeline: its stages, what they need, and what has changed."""

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from latente.errors import LatenteError
from latente.project import paths

_MEMORY = 1.0
"""GB for a stage that does not say how much it needs."""


@dataclass(frozen=True)
class Graph:
    """The stages of a dvc.yaml, or one stage, and the stages that they depend on.

    Attributes:
        target: The dvc.yaml, or the stage.
        above: Stage -> the stages that it depends on directly.
        changes: Stage -> its changes in the form of `dvc status`; stages that are up to date are left out.
        needs: Stage -> what it needs while it runs: `threads`, and `memory` in GB, from the key `meta` of the stage.
    """

    target: str
    above: Mapping[str, set[str]]
    changes: Mapping[str, Any]
    needs: Mapping[str, Mapping[str, float]]

    def stale(self) -> list[str]:
        """The stages that changed, and all stages that depend on them."""
        below = set(self.changes)
        while more := {name for name, names in self.above.items() if name not in below and not below.isdisjoint(names)}:
            below |= more
        return [name for name in self.above if name in below]


def read(target: str, threads: int = 1) -> Graph:
    """Read a pipeline, and compare its files with dvc.lock, as `dvc status` does.

    Args:
        target: The dvc.yaml file, or the name of a stage.
        threads: The threads of a stage that does not say how many it needs.

    Raises:
        LatenteError: DVC cannot read the pipeline; the error has its message. Or there is no such stage or file, or a
            stage needs something that is not a positive number.
    """
    from dvc.exceptions import DvcException  # noqa: PLC0415 (dvc is slow to import)
    from dvc.repo import Repo  # noqa: PLC0415 (as above)

    try:
        with Repo() as repo:
            graph, stages = repo.index.graph, list(repo.index.stages)
            file, needed = os.path.relpath(target), set[Any]()
            waiting = [stage for stage in stages if target == stage.addressing or file == stage.path_in_repo]
            if not waiting:
                raise LatenteError(f"{target}: no such stage, and no file with stages, such as {paths.pipeline()}")
            while waiting:
                needed.add(stage := waiting.pop())
                waiting += set(graph.successors(stage)) - needed
            stages = [stage for stage in stages if stage in needed]
            return Graph(
                target,
                {stage.addressing: {other.addressing for other in graph.successors(stage)} for stage in stages},
                dict(repo.status(targets=[target], with_deps=True)),
                {stage.addressing: _needs(stage, threads) for stage in stages},
            )
    except DvcException as error:
        raise LatenteError(f"{target}: {error}") from error


def _needs(stage: Any, threads: int) -> dict[str, float]:
    meta = stage.meta if isinstance(stage.meta, dict) else {}
    needs = {kind: meta.get(kind, default) for kind, default in (("threads", threads), ("memory", _MEMORY))}
    for kind, amount in needs.items():
        if isinstance(amount, bool) or not isinstance(amount, int | float) or not 0 < amount < math.inf:
            raise LatenteError(f"{stage.addressing}: meta.{kind}: expected a positive number; found {amount!r}")
    return {kind: float(amount) for kind, amount in needs.items()}
