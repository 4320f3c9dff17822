"""Canonical JSON: the same value gives the same bytes."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from latente.errors import DataError


def to_json(value: object) -> bytes:
    """JSON with sorted keys and LF.

    Raises:
        ValueError: A number is not finite.
    """
    return (json.dumps(value, indent=2, sort_keys=True, allow_nan=False) + "\n").encode()


def to_table(records: Sequence[Mapping[str, object]], **beside: object) -> bytes:
    """JSON of a table with one record per line, so that a diff shows which record changed.

    Args:
        records: Rows of the table.
        beside: Further keys of the object.

    Raises:
        ValueError: A number is not finite.
    """
    lines = ",\n".join(f"    {json.dumps(record, sort_keys=True, allow_nan=False)}" for record in records)
    parts = {name: json.dumps(value, indent=2, sort_keys=True, allow_nan=False) for name, value in beside.items()}
    parts = {name: text.replace("\n", "\n  ") for name, text in parts.items()} | {"records": f"[\n{lines}\n  ]"}
    return ("{\n" + ",\n".join(f'  "{name}": {parts[name]}' for name in sorted(parts)) + "\n}\n").encode()


def from_json(content: bytes, file: Path) -> Any:
    """Read JSON.

    Args:
        content: JSON, for example from `to_json`.
        file: Name of the file, for the error message.

    Raises:
        DataError: The content is not JSON.
    """
    try:
        return json.loads(content)
    except ValueError as error:
        raise DataError(f"{file}: not JSON ({error}); delete it and run `dvc repro`") from error
