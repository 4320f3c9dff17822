"""Messages about a failed tracking store: the cause and the address, without passwords."""

import os
import re
import sqlite3
from collections.abc import Iterator
from urllib.parse import unquote

from latente.errors import LatenteError, one_line

_ADDRESSES = ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI", "MLFLOW_BACKEND_STORE_URI")
_PLAIN = ("MLFLOW_TRACKING_PASSWORD", "MLFLOW_TRACKING_TOKEN")

_USER = re.compile(r"(?P<scheme>[^:/]+)://(?P<name>[^:/@?#]*)(?::(?P<password>.*))?@")
_QUERY = re.compile(r"[?&][^=&]*(?:pass|token|secret)[^=&]*=([^&#]+)", re.IGNORECASE)


def reason(error: BaseException) -> str:
    """The root cause of an error, in one line and without secrets.

    The message of the operating system or the database is the helpful one. Libraries wrap it in several other errors.
    """
    chain = [error]
    while (inner := _below(chain[-1])) is not None and inner not in chain:
        chain.append(inner)
    system = [link for link in chain if isinstance(link, OSError | sqlite3.Error)]
    others = [link for link in chain if not isinstance(link, LatenteError)] or chain
    cause = (system or others[:1])[-1]
    name, message = type(cause).__name__, one_line(cause, part="first")
    return hide(name if message == name else f"{name}: {message}")


def _below(error: BaseException) -> BaseException | None:
    return error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def hide(text: str) -> str:
    """Replace every secret from the environment variables by `***`."""
    for secret in sorted({*_secrets()}, key=len, reverse=True):
        text = text.replace(secret, "***")
    return text


def _secrets() -> Iterator[str]:
    """Passwords and tokens from the environment variables, as written and percent-decoded."""
    secrets = [os.environ.get(name, "") for name in _PLAIN]
    for address in (os.environ.get(name, "") for name in _ADDRESSES):
        secrets += [*_within(address)]
    for secret in filter(None, secrets):
        yield from (secret, unquote(secret))


def _within(address: str) -> Iterator[str]:
    """The secrets in an address, as written there. In an HTTP address, a user name without a password is a token."""
    if user := _USER.match(address):
        yield user["password"] or (user["name"] if user["scheme"].startswith("http") else "")
    yield from _QUERY.findall(address)
