"""Canonical JSON: the same value gives the same bytes."""

import json
from pathlib import Path
from typing import Any

from latente.errors import DataError


def to_json(value: object) -> bytes:
    """JSON with sorted keys and LF.

    Raises:
        ValueError: A number is not finite.
    """
    return (json.dumps(value, indent=2, sort_keys=True, allow_nan=False) + "\n").encode()


def from_json(content: bytes, file: Path) -> Any:
    """Read JSON.

    Args:
        content: As `to_json` made it.
        file: Its name, for the error message.

    Raises:
        DataError: It is not JSON.
    """
    try:
        return json.loads(content)
    except ValueError as error:
        raise DataError(f"{file}: not JSON ({error}); delete it and run `dvc repro`") from error
