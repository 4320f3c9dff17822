"""The variants of the audit: the study of params.yaml, made smaller and changed in one respect."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field
from ruamel.yaml import YAML

from latente import params, paths
from latente.errors import DataError, ParamsError
from latente.params import Items, Name, Params, Section, Seed, Share, Text


class Base(Section):
    """What all variants share: changes of params.yaml, seeds, and how codes and samples of the prior are scored."""

    set: Items[Text]
    seeds: Items[Seed]
    samples: Annotated[int, Field(ge=20, le=60_000)]
    accept: Share
    neighbours: Annotated[int, Field(ge=1, le=1000)]


class Variant(Section):
    """A model, and its own changes of params.yaml, each as `key=value`."""

    model: Name
    set: Annotated[tuple[Text, ...], Field(strict=False)]


class Variants(Section):
    """The whole of robustness/params.yaml."""

    base: Base
    variants: dict[Name, Variant]

    def of(self, name: str) -> Variant:
        """One variant.

        Raises:
            ParamsError: There is none of that name.
        """
        if name not in self.variants:
            raise ParamsError(f"{paths.variants()}: no variant {name!r}; known: {', '.join(self.variants)}")
        return self.variants[name]


def load() -> Variants:
    """Read robustness/params.yaml.

    Raises:
        ParamsError: It is not valid.
    """
    return params.check(Variants, params.read(paths.variants()), file=paths.variants())


def changed(changes: Sequence[str]) -> Params:
    """The study of params.yaml, changed.

    Args:
        changes: Each `key=value`, the key dotted, the value as in YAML.

    Raises:
        ParamsError: params.yaml has no such key, or is no valid study with that value.
    """
    values = params.read(paths.params())
    for change in changes:
        key, _, text = change.partition("=")
        *parents, last = key.split(".")
        node: Any = values
        for parent in parents:
            node = node.get(parent) if isinstance(node, Mapping) else None
        if not isinstance(node, dict):
            raise ParamsError(f"{paths.variants()}: {change!r}: no {key} in {paths.params()}")
        node[last] = YAML(typ="safe").load(text)
    return params.check(Params, values)


def gather() -> dict[str, Any]:
    """All results of the audit, with what each variant is, as one value.

    Raises:
        DataError: A variant has not been measured.
    """
    audit = load()
    results: dict[str, Any] = {}
    for name in audit.variants:
        file = paths.variant(name)
        if not file.exists():
            raise DataError(f"{file}: no such file; `make robustness` makes it")
        results[name] = _read(file)
    return {"audit": audit.model_dump(mode="json"), "results": results}


def _read(file: Path) -> Any:
    return json.loads(file.read_bytes())
