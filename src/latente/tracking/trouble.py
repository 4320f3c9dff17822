"""What may be said of a tracking store that fails: why, and where it is, but no password."""

import os
import re
import sqlite3
from collections.abc import Iterator
from urllib.parse import unquote

from latente.errors import LatenteError

_ADDRESSES = ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI", "MLFLOW_BACKEND_STORE_URI")
_PLAIN = ("MLFLOW_TRACKING_PASSWORD", "MLFLOW_TRACKING_TOKEN")

_USER = re.compile(r"(?P<scheme>[^:/]+)://(?P<name>[^:/@?#]*)(?::(?P<password>.*))?@")
_QUERY = re.compile(r"[?&][^=&]*(?:pass|token|secret)[^=&]*=([^&#]+)", re.IGNORECASE)


def reason(error: BaseException) -> str:
    """The cause at the bottom of an error, in one line without secrets.

    Libraries wrap what the system or the database said in several errors of their own; that is what helps.
    """
    chain = [error]
    while (inner := _below(chain[-1])) is not None and inner not in chain:
        chain.append(inner)
    system = [each for each in chain if isinstance(each, OSError | sqlite3.Error)]
    first = [each for each in chain if not isinstance(each, LatenteError)] or chain
    told = (system or first[:1])[-1]
    lines = [line.strip() for line in str(told).splitlines() if line.strip()]
    return hide(f"{type(told).__name__}: {lines[0][:300]}" if lines else type(told).__name__)


def _below(error: BaseException) -> BaseException | None:
    return error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def hide(text: str) -> str:
    """Text with every secret of the environment as `***`."""
    for secret in sorted({*_secrets()}, key=len, reverse=True):
        text = text.replace(secret, "***")
    return text


def _secrets() -> Iterator[str]:
    found = [os.environ.get(name, "") for name in _PLAIN]
    for address in (os.environ.get(name, "") for name in _ADDRESSES):
        found += [*_within(address)]
    for secret in filter(None, found):
        yield from (secret, unquote(secret))


def _within(address: str) -> Iterator[str]:
    """The secrets of an address as they stand there; a lone user name before a server is a token."""
    if user := _USER.match(address):
        yield user["password"] or (user["name"] if user["scheme"].startswith("http") else "")
    yield from _QUERY.findall(address)
