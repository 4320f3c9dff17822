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

_PORTS = {"postgresql": 5432, "mysql": 3306, "mssql": 1433}

_KIND = {"mlflow.experimentKind": "custom_model_development"}  # the UI opens on the table of runs

# We report an error of a database once; the libraries would log a traceback for every attempt.
_LEVELS = {"mlflow": logging.WARNING, "mlflow.store.db": logging.CRITICAL, "alembic": logging.WARNING}
for _name, _level in _LEVELS.items():
    logging.getLogger(_name).setLevel(_level)


def uri() -> str:
    """The address of the store: `MLFLOW_TRACKING_URI`, or a SQLite file at the project's root."""
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{_root() / 'mlflow.db'}"


def client() -> MlflowClient:
    """A client of the store; the store becomes the global one of mlflow, where the registry looks up a logged model.

    Raises:
        OSError: Nothing listens at the address of the database; mlflow would retry for minutes.
    """
    kind = re.split(r"[+:]", uri(), maxsplit=1)[0]
    if kind in _PORTS and (address := make_url(uri())).host:
        socket.create_connection((address.host, address.port or _PORTS[kind]), timeout=10).close()
    set_tracking_uri(uri())
    with _alone() if kind == "sqlite" else nullcontext():
        return MlflowClient()


def _alone() -> ExclusiveFileLock:
    """A lock, so that only one process at a time creates the tables of a new database; a second one would fail.

    It has the name of mlflow's own lock, which the server takes but the client does not.
    """
    return ExclusiveFileLock(f"{tempfile.gettempdir()}/db_init_lock-{digests.md5(uri().encode())}")


def experiment(mlflow: MlflowClient, name: str) -> str:
    """The id of an experiment, which is created if it is missing."""
    # Without this, a local store would keep its artifacts in the folder in which the first run was started.
    local = (_root() / "mlartifacts").as_uri() if uri().startswith("sqlite:") else None
    known = mlflow.get_experiment_by_name(name)
    if known is None:
        with suppress(MlflowException):  # another process may be first
            mlflow.create_experiment(name, artifact_location=local, tags=_KIND)
        known = mlflow.get_experiment_by_name(name)
    if known is None:
        raise LatenteError(
            trouble.hide(f"the tracking store at {uri()} has no experiment {name}, and it could not be created")
        )
    return str(known.experiment_id)


@contextmanager
def answering() -> Iterator[None]:
    """Wrap code that reads or writes the store while the user waits.

    Raises:
        LatenteError: The store failed; it replaces the errors of mlflow and of the database.
    """
    try:
        yield
    except (MlflowException, SQLAlchemyError, OSError, ImportError, ValueError) as error:
        where = trouble.hide(uri())
        raise LatenteError(
            f"the tracking store at {where} failed: {trouble.reason(error)}; fix it, or name another in "
            "MLFLOW_TRACKING_URI"
        ) from error


def again(write: Callable[[], None]) -> None:
    """Write, and retry once: if two processes write the same new entry at once, one of them fails the first time."""
    try:
        write()
    except (IntegrityError, MlflowException):
        write()


def _root() -> Path:
    """The project's root; under a temporary `dvc exp run`, that of the project it belongs to."""
    return Path(os.environ.get("DVC_ROOT", ".")).resolve()
