"""The tracking store: its address, its client, and its experiments."""

import logging
import os
import re
import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

from mlflow import MlflowClient, set_tracking_uri
from mlflow.exceptions import MlflowException
from mlflow.utils.file_utils import ExclusiveFileLock
from sqlalchemy import make_url
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from latente.errors import LatenteError
from latente.project import digests
from latente.tracking import trouble
from latente.tracking.silence import Silence

_PORTS = {"postgresql": 5432, "mysql": 3306, "mssql": 1433}

_KIND = {"mlflow.experimentKind": "custom_model_development"}  # with this tag, the UI opens on the table of runs

# This project reports a database error once. The libraries log a traceback for every attempt.
_LEVELS = {"mlflow": logging.WARNING, "mlflow.store.db": logging.CRITICAL, "alembic": logging.WARNING}
for _name, _level in _LEVELS.items():
    logging.getLogger(_name).setLevel(_level)


def uri() -> str:
    """The address of the store: `MLFLOW_TRACKING_URI`, or a SQLite file in the root folder of the project."""
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{_root() / 'mlflow.db'}"


def client(silence: Silence | None = None) -> MlflowClient:
    """A client of the store. The store also becomes mlflow's global store; the registry looks up logged models there.

    Args:
        silence: The silence of the store; it is paused while this process creates the tables of a new SQLite file.

    Raises:
        OSError: Nothing listens at the address of the database. Without this check, mlflow retries for minutes.
    """
    kind = re.split(r"[+:]", uri(), maxsplit=1)[0]
    if kind in _PORTS and (address := make_url(uri())).host:
        socket.create_connection((address.host, address.port or _PORTS[kind]), timeout=10).close()
    set_tracking_uri(uri())
    if kind != "sqlite":
        return MlflowClient()
    with _alone(), silence.paused() if silence and _is_new() else nullcontext():
        return MlflowClient()


def _is_new() -> bool:
    """Whether the SQLite file of the store does not exist yet."""
    return not Path(make_url(uri()).database or "").exists()


def _alone() -> ExclusiveFileLock:
    """A lock for the creation of tables in a new database: without it, a second process that creates them fails.

    It has the name of mlflow's own lock. The server of mlflow uses that lock, but the client does not.
    """
    return ExclusiveFileLock(f"{tempfile.gettempdir()}/db_init_lock-{digests.md5(uri().encode())}")


def experiment(mlflow: MlflowClient, name: str) -> str:
    """The id of an experiment; the experiment is created if it does not exist."""
    # Without this, a local store puts its artifacts into the folder where the first run started.
    local = (_root() / "mlartifacts").as_uri() if uri().startswith("sqlite:") else None
    known = mlflow.get_experiment_by_name(name)
    if known is None:
        with suppress(MlflowException):  # another process may have created it
            mlflow.create_experiment(name, artifact_location=local, tags=_KIND)
        known = mlflow.get_experiment_by_name(name)
    if known is None:
        raise LatenteError(
            trouble.hide(f"the tracking store at {uri()} has no experiment {name}, and could not create it")
        )
    return str(known.experiment_id)


@contextmanager
def answering() -> Iterator[None]:
    """Turn errors of the store into one error for the user.

    Raises:
        LatenteError: The store failed. This error replaces the errors of mlflow and of the database.
    """
    try:
        yield
    except (MlflowException, SQLAlchemyError, OSError, ImportError, ValueError) as error:
        where = trouble.hide(uri())
        raise LatenteError(
            f"the tracking store at {where} failed: {trouble.reason(error)}; fix it, or set MLFLOW_TRACKING_URI to "
            "another store"
        ) from error


def again(write: Callable[[], None]) -> None:
    """Write, and retry once. If two processes write the same new entry at the same time, the first try of one fails."""
    try:
        write()
    except (IntegrityError, MlflowException):
        write()


def _root() -> Path:
    """The root folder of the project. Under `dvc exp run --temp`, it is the root of the original project."""
    return Path(os.environ.get("DVC_ROOT", ".")).resolve()
