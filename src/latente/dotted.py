"""Values at dotted keys of nested mappings, such as `models.vae.beta`."""

from collections.abc import Iterator, Mapping
from typing import Any


def at(node: Any, key: str) -> Any:
    """The value at a dotted key; None if the key is missing.

    Example:
        >>> at({"vae": {"silhouette": 0.1}}, "vae.silhouette"), at({}, "vae.silhouette")
        (0.1, None)
    """
    for part in key.split("."):
        node = node.get(part) if isinstance(node, Mapping) else None
    return node


def leaves(key: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Dotted key and value of every leaf at or below a key. Every value that is not a mapping is a leaf.

    Example:
        >>> dict(leaves("models", {"ae": {}, "vae": {"beta": 1.0}}))
        {'models.vae.beta': 1.0}
    """
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from leaves(f"{key}.{name}", inner)
    else:
        yield key, value
