"""What no log, tag, report or message may show: the passwords of the tracking store."""

import os
from collections.abc import Iterator
from urllib.parse import parse_qsl, unquote, urlsplit

_ADDRESSES = ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI", "MLFLOW_BACKEND_STORE_URI")
_PLAIN = ("MLFLOW_TRACKING_PASSWORD", "MLFLOW_TRACKING_TOKEN")


def hide(text: str) -> str:
    """Text with every secret of the environment as `***`."""
    for secret in sorted({*_secrets()}, key=len, reverse=True):
        text = text.replace(secret, "***")
    return text


def _secrets() -> Iterator[str]:
    for name in _PLAIN:
        if value := os.environ.get(name):
            yield value
    for name in _ADDRESSES:
        yield from _within(os.environ.get(name, ""))


def _within(address: str) -> Iterator[str]:
    """The secrets of an address, as they stand there and decoded; a lone user name is a token."""
    _, at, _ = address.partition("@")
    split = urlsplit(address) if at or "?" in address else None
    if split is None:
        return
    found = [split.password or split.username] if at else []
    found += [value for key, value in parse_qsl(split.query) if "pass" in key.lower() or "token" in key.lower()]
    for secret in filter(None, found):
        yield from (secret, unquote(secret))
