"""What DVC knows about a pipeline: its stages, what they need, and what has changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from latente.errors import LatenteError

_DEFAULT = {"threads": 1.0, "memory": 1.0}


@dataclass(frozen=True)
class Graph:
    """The stages of a dvc.yaml and of the pipelines that it depends on.

    Attributes:
        target: The dvc.yaml.
        above: Stage -> the stages that it depends on directly.
        changes: Stage -> its changes in the form of `dvc status`; stages that are up to date are left out.
        needs: Stage -> what it needs while it runs: `threads`, and `memory` in GB. It is the `meta` of the stage.
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


def read(target: str) -> Graph:
    """Read a pipeline, and compare its files with dvc.lock, as `dvc status` does.

    Args:
        target: The dvc.yaml file.

    Raises:
        LatenteError: DVC cannot read the pipeline; the error has its message.
    """
    from dvc.exceptions import DvcException  # noqa: PLC0415 (dvc is slow to import)
    from dvc.repo import Repo  # noqa: PLC0415 (as above)

    try:
        with Repo() as repo:
            graph, stages = repo.index.graph, list(repo.index.stages)
            waiting, needed = [stage for stage in stages if stage.path_in_repo == target], set[Any]()
            while waiting:
                needed.add(stage := waiting.pop())
                waiting += set(graph.successors(stage)) - needed
            stages = [stage for stage in stages if stage in needed]
            return Graph(
                target,
                {stage.addressing: {other.addressing for other in graph.successors(stage)} for stage in stages},
                dict(repo.status(targets=[target], with_deps=True)),
                {stage.addressing: _DEFAULT | (stage.meta or {}) for stage in stages},
            )
    except DvcException as error:
        raise LatenteError(f"{target}: {error}") from error
