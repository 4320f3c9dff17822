"""What may be said of a tracking store that fails: why, and where it is, but no password."""

import os
import sqlite3
from collections.abc import Iterator
from urllib.parse import parse_qsl, unquote, urlsplit

_ADDRESSES = ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI", "MLFLOW_BACKEND_STORE_URI")
_PLAIN = ("MLFLOW_TRACKING_PASSWORD", "MLFLOW_TRACKING_TOKEN")


def reason(error: BaseException) -> str:
    """The cause at the bottom of an error, in one line without secrets.

    Libraries wrap what the system or the database said in several errors of their own; that is what helps.
    """
    chain = [error]
    while (inner := chain[-1].__cause__ or chain[-1].__context__) is not None:
        chain.append(inner)
    told = [each for each in chain if isinstance(each, OSError | sqlite3.Error)]
    last = (told or chain[:1])[-1]
    lines = [line.strip() for line in str(last).splitlines() if line.strip()]
    return hide(f"{type(last).__name__}: {lines[0][:300]}" if lines else type(last).__name__)


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
