"""Messages about a tracking store that fails: the cause and the address, without passwords."""

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
    """The root cause of an error, in one line without secrets.

    Libraries wrap the message of the system or of the database in several errors of their own; that message is the
    helpful one.
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
    """Replace every secret of the environment by `***`."""
    for secret in sorted({*_secrets()}, key=len, reverse=True):
        text = text.replace(secret, "***")
    return text


def _secrets() -> Iterator[str]:
    """Passwords and tokens of the environment, as written and percent-decoded."""
    secrets = [os.environ.get(name, "") for name in _PLAIN]
    for address in (os.environ.get(name, "") for name in _ADDRESSES):
        secrets += [*_within(address)]
    for secret in filter(None, secrets):
        yield from (secret, unquote(secret))


def _within(address: str) -> Iterator[str]:
    """The secrets of an address, as written there; a user name without a password is a token if the address is HTTP."""
    if user := _USER.match(address):
        yield user["password"] or (user["name"] if user["scheme"].startswith("http") else "")
    yield from _QUERY.findall(address)
