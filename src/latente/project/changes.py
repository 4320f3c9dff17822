"""Changes of parameters in the form `key=value`, for the confirmation of the claims."""

import copy
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from latente.dotted import at
from latente.errors import ParamsError
from latente.project.explaining import nearest
from latente.project.reading import parse
from latente.project.types import Section

SECTIONS = ("data", "study", "split", "compute", "judge", "network", "train", "models", "encode", "analyses")
"""The sections of params.yaml that shape a number. Only these can change: the rules of the claims stay the same."""


def changed(sections: Mapping[str, Any], changes: Sequence[str]) -> dict[str, Any]:
    """The values of some sections after some changes.

    Args:
        sections: Name -> section of params.yaml, as `Params` has it.
        changes: Items `key=value`, with a dotted key and a YAML value.

    Raises:
        ParamsError: An item is not `key=value`, or the sections have no such key.

    Example:
        >>> changed({"models": {"vae": {"beta": 1.0}}}, ["models.vae.beta=2"])
        {'models': {'vae': {'beta': 2}}}
    """
    values = {
        name: section.model_dump(mode="json") if isinstance(section, Section) else copy.deepcopy(section)
        for name, section in sections.items()
    }
    for change in changes:
        apply(values, change)
    return values


def apply(values: Any, change: str) -> None:
    """Change one value in place.

    Args:
        values: The content of params.yaml, or some of its sections.
        change: `key=value`, with a dotted key and a YAML value.

    Raises:
        ParamsError: It is not `key=value`, `values` has no such key, or its section is not one of `SECTIONS`.
    """
    key, equals, text = change.partition("=")
    parent, _, last = key.rpartition(".")
    if not (equals and text.strip()):
        raise ParamsError(f"{change!r}: expected key=value")
    if key.partition(".")[0] not in SECTIONS:
        raise ParamsError(f"{change!r}: {key} is in no section that can change; these can: {', '.join(SECTIONS)}")
    node = at(values, parent) if parent else values
    if not isinstance(node, dict):
        raise ParamsError(f"{change!r}: no section {parent}")
    if last not in node:
        raise ParamsError(f"{change!r}: unknown key; {nearest(last, list(map(str, node)))}")
    node[last] = parse(text.encode(), Path(key))
