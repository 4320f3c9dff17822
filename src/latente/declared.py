"""What dvc.yaml declares of a stage."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from latente import params, paths

PLUMBING = frozenset(
    {
        "latente.declared",
        "latente.errors",
        "latente.files",
        "latente.params",
        "latente.paths",
        "latente.provenance",
        "latente.rows",
        "latente.stage",
        "latente.state",
        "latente.tracking.registry",
        "latente.tracking.results",
        "latente.tracking.runs",
        "latente.tracking.trouble",
        "latente.tracking.served",
        "latente.tracking.store",
        "latente.tracking.tracker",
        "latente.tracking.views",
        "latente.tree",
    }
)
"""Modules that cannot change an output's bytes, so that no stage declares them: a change there reruns nothing.

`params` belongs here because it only accepts or refuses: it has no defaults, and the values are declared.
"""


def parameters(stage: str, item: Mapping[str, object]) -> dict[str, object]:
    """The parameters that a stage declares, with their values.

    Args:
        stage: Its name in dvc.yaml.
        item: Its item of the matrix; empty for a plain stage.

    Returns:
        Dotted key of every leaf -> value; a list is a leaf.
    """
    values = params.read(paths.params())
    return {name: leaf for key in keys(stage, item) for name, leaf in leaves(key, at(values, key))}


def keys(stage: str, item: Mapping[str, object]) -> list[str]:
    """The `params` of a stage in dvc.yaml, the matrix's item filled in."""
    return _filled(stage, "params", item)  # of params.yaml; other files are mappings


def inputs(stage: str, item: Mapping[str, object]) -> list[Path]:
    """The `deps` of a stage in dvc.yaml, the matrix's item filled in."""
    return [Path(path) for path in _filled(stage, "deps", item)]


def _filled(stage: str, kind: str, item: Mapping[str, object]) -> list[str]:
    names = [str(name) for name in _stages().get(stage, {}).get(kind, []) if isinstance(name, str)]
    for part, value in item.items():
        names = [name.replace(f"${{item.{part}}}", str(value)) for name in names]
    return names


def _stages() -> dict[str, Any]:
    """The stages of the study and of the audit, by name."""
    audit = params.read(paths.audit())["stages"] if paths.audit().exists() else {}
    return {**params.read(paths.pipeline())["stages"], **{name: stage["do"] for name, stage in audit.items()}}


def at(values: Any, key: str) -> Any:
    """The value at a dotted key; none if it is not there."""
    for part in key.split("."):
        values = values.get(part) if isinstance(values, Mapping) else None
    return values


def leaves(name: str, value: Any) -> Iterator[tuple[str, object]]:
    """Dotted key and value of every leaf at or below a key; a list is a leaf."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from leaves(f"{name}.{key}", inner)
    else:
        yield name, value
