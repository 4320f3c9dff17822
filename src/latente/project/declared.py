"""What dvc.yaml declares for every stage."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from latente.dotted import at, leaves
from latente.project import paths, reading

PLUMBING = ("latente.errors", "latente.project", "latente.study", "latente.tracking", "latente.stages")
"""Modules and packages that cannot change the bytes of an output. No stage declares them, so a change in them reruns
nothing.

`project` is one of them because it only accepts or refuses parameters. Stages declare the values of the parameters.
"""


def parameters(stage: str, item: Mapping[str, object]) -> dict[str, object]:
    """The parameters of params.yaml that a stage declares.

    Args:
        stage: Name of the stage in dvc.yaml.
        item: Item of the stage's matrix; empty for a stage without a matrix.

    Returns:
        Dotted key of every leaf -> its value; a list is a leaf.
    """
    return _values(stage, item, paths.params())


def versions(stage: str) -> dict[str, object]:
    """The packages of versions.yaml that a stage declares -> versions of the package and of its requirements."""
    return _values(stage, {}, paths.versions())


def packages() -> list[str]:
    """All packages of versions.yaml that at least one stage declares, sorted."""
    return sorted({name for stage in _stages() for name in _keys(stage, {}, paths.versions())})


def inputs(stage: str, item: Mapping[str, object]) -> list[Path]:
    """The `deps` of a stage in dvc.yaml, with the values of the matrix item filled in."""
    return [Path(fill(str(path), _of_dvc(item))) for path in _stages().get(stage, {}).get("deps", [])]


def by_file(params: Iterable[Any]) -> dict[str, list[str]]:
    """The `params` of a stage, as parameter file -> keys. A key without a file belongs to params.yaml.

    Example:
        >>> by_file(["split", {"versions.yaml": ["numpy", "torch"]}])
        {'params.yaml': ['split'], 'versions.yaml': ['numpy', 'torch']}
    """
    keys: dict[str, list[str]] = {}
    for entry in params:
        files = entry if isinstance(entry, Mapping) else {paths.params().as_posix(): [entry]}
        for file, names in files.items():
            keys.setdefault(str(file), []).extend(map(str, names))
    return keys


def fill(text: str, item: Mapping[str, object]) -> str:
    """Replace every `${item.NAME}` in a text of dvc.yaml with its value.

    Example:
        >>> fill("models.${item.model}", {"model": "vae"})
        'models.vae'
    """
    for part, value in item.items():
        text = text.replace(f"${{item.{part}}}", str(value))
    return text


def _values(stage: str, item: Mapping[str, object], file: Path) -> dict[str, object]:
    keys = _keys(stage, item, file)
    values = reading.read(file, fast=True) if keys else {}
    return {name: leaf for key in keys for name, leaf in leaves(key, at(values, key))}


def _keys(stage: str, item: Mapping[str, object], file: Path) -> list[str]:
    """The keys of a parameter file that a stage declares, with the values of the matrix item filled in."""
    params = by_file(_stages().get(stage, {}).get("params", []))
    return [fill(key, _of_dvc(item)) for key in params.get(file.as_posix(), [])]


def _of_dvc(item: Mapping[str, object]) -> Mapping[str, object]:
    """What dvc.yaml calls `item`: that of the matrix, or for a stage of the survey, the setting with its name."""
    if "name" not in item:
        return item
    survey = reading.read(paths.survey_params(), fast=True)
    settings: Mapping[str, Mapping[str, object]] = {**survey["settings"], **survey["league"]["settings"]}
    return settings[str(item["name"])]


def _stages() -> dict[str, Any]:
    """The stages of the study and of the survey, by name."""
    survey = reading.read(paths.survey_pipeline(), fast=True)["stages"] if paths.survey_pipeline().exists() else {}
    return {
        **reading.read(paths.pipeline(), fast=True)["stages"],
        **{name: stage["do"] for name, stage in survey.items()},
    }
