"""The committed results of a tree, as this version and earlier versions store them."""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

from latente.errors import LatenteError
from latente.project import paths
from latente.results import records
from latente.study.tree import Tree

Training = tuple[str, int]
"""Model and seed."""

Curve = list[dict[str, float]]
"""The losses of one training, one item for each epoch."""


class StaleError(LatenteError):
    """Parameters, code or metrics differ from dvc.lock, so they are not one state."""


def metrics(tree: Tree, stage: str) -> dict[str, dict[str, float]]:
    """Full name -> seed -> value of every number that a stage measured."""
    content = _json(tree, paths.metrics(stage))
    return records.read(stage, content) if "records" in content else dict(_earlier(stage, content))


def curves(tree: Tree, models: Sequence[str], seeds: Sequence[int]) -> dict[Training, Curve]:
    """The losses of every training of a study."""
    trainings = list(product(models, seeds))
    if tree.read(paths.curves()) is None:  # earlier versions had a file for every training
        return {pair: [_floats(line) for line in _table(tree, _earlier_curve(*pair))] for pair in trainings}
    found: dict[Training, Curve] = {pair: [] for pair in trainings}
    for line in _table(tree, paths.curves()):
        found[line.pop("model"), int(line.pop("seed"))].append(_floats(line))
    return found


def verdicts(tree: Tree) -> dict[str, str]:
    """Claim -> verdict and confirmation, such as `supported, not tried`."""
    claims = _json(tree, paths.metrics("claims"))["claims"]
    if isinstance(claims, Mapping):  # as earlier versions stored them
        claims = [{"name": name, **claim} for name, claim in claims.items()]
    return {str(claim["name"]): f"{claim['verdict']}, {claim.get('confirmation', 'not tried')}" for claim in claims}


def content(tree: Tree, file: Path) -> bytes:
    """The content of a file.

    Raises:
        StaleError: It does not exist.
    """
    data = tree.read(file)
    if data is None:
        raise StaleError(f"{tree.name}: no {file}; run `dvc repro`")
    return data


def _earlier(name: str, node: Any) -> Iterator[tuple[str, dict[str, float]]]:
    """The numbers of a metrics file of an earlier version: `{subject: {metric: {"seeds": {seed: value}}}}`."""
    if not isinstance(node, Mapping):  # the judge, whose file had no subjects
        yield name.replace("_accuracy", "_images.accuracy"), {"data": float(node)}
    elif "seeds" in node:
        yield name, {str(seed).replace("~", "-"): float(value) for seed, value in node["seeds"].items()}
    else:
        for level, inner in node.items():
            yield from _earlier(f"{name}.{level.replace('~', '-')}", inner)


def _earlier_curve(model: str, seed: int) -> Path:
    return Path(f"reports/curves/{model}-{seed}.csv")


def _json(tree: Tree, file: Path) -> Any:
    return json.loads(content(tree, file))


def _table(tree: Tree, file: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content(tree, file).decode())))


def _floats(line: Mapping[str, str]) -> dict[str, float]:
    """The numbers of a line; an empty cell is a loss that the model does not have."""
    return {name: float(value) for name, value in line.items() if value}
