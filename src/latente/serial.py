"""Values as bytes, the same bytes for the same value."""

import json


def to_json(value: object) -> bytes:
    """JSON with sorted keys and LF.

    Raises:
        ValueError: A number is not finite.
    """
    return (json.dumps(value, indent=2, sort_keys=True, allow_nan=False) + "\n").encode()
