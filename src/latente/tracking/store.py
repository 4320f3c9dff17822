"""Where runs are kept, and the experiments in it."""

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

from latente import files
from latente.errors import LatenteError
from latente.tracking import trouble

_PORTS = {"postgresql": 5432, "mysql": 3306, "mssql": 1433}

_KIND = {"mlflow.experimentKind": "custom_model_development"}  # the UI opens on the table of runs

# What goes wrong in a database is told once, by us, and not with a traceback for every attempt.
_LEVELS = {"mlflow": logging.WARNING, "mlflow.store.db": logging.CRITICAL, "alembic": logging.WARNING}
for _name, _level in _LEVELS.items():
    logging.getLogger(_name).setLevel(_level)


def uri() -> str:
    """Where runs are kept: `MLFLOW_TRACKING_URI`, or a SQLite file at the project's root."""
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{_root() / 'mlflow.db'}"


def client() -> MlflowClient:
    """A client of the store, which becomes mlflow's global one: the registry looks up a logged model there.

    Raises:
        OSError: Nobody listens where the database should be; mlflow would try for minutes.
    """
    kind = re.split(r"[+:]", uri(), maxsplit=1)[0]
    if kind in _PORTS and (address := make_url(uri())).host:
        socket.create_connection((address.host, address.port or _PORTS[kind]), timeout=10).close()
    set_tracking_uri(uri())
    with _alone() if kind == "sqlite" else nullcontext():
        return MlflowClient()


def _alone() -> ExclusiveFileLock:
    """One process at a time: two that open a new database at once would both make its tables, and one would fail.

    The name is that of mlflow's own lock, which its server takes, but not its client.
    """
    return ExclusiveFileLock(f"{tempfile.gettempdir()}/db_init_lock-{files.md5(uri().encode())}")


def experiment(mlflow: MlflowClient, name: str) -> str:
    """The id of an experiment, made if it is missing."""
    # A local store would otherwise pin its artifacts to the folder that the first run happened to start in.
    local = (_root() / "mlartifacts").as_uri() if uri().startswith("sqlite:") else None
    found = mlflow.get_experiment_by_name(name)
    if found is None:
        with suppress(MlflowException):  # another process may be first
            mlflow.create_experiment(name, artifact_location=local, tags=_KIND)
        found = mlflow.get_experiment_by_name(name)
    if found is None:
        raise LatenteError(
            trouble.hide(f"the tracking store at {uri()} has no experiment {name}, and none could be made")
        )
    return str(found.experiment_id)


@contextmanager
def answering() -> Iterator[None]:
    """What reads or writes the store for a person who waits for it.

    Raises:
        LatenteError: It failed, in place of mlflow's own error and those of what is below it.
    """
    try:
        yield
    except (MlflowException, SQLAlchemyError, OSError, ImportError, ValueError) as error:
        where = trouble.hide(uri())
        raise LatenteError(
            f"the tracking store at {where} failed: {trouble.reason(error)}; mend it, or name another in "
            "MLFLOW_TRACKING_URI"
        ) from error


def again(write: Callable[[], None]) -> None:
    """Write; if it fails, once more: two processes that first write the same at once clash, and then find it there."""
    try:
        write()
    except (IntegrityError, MlflowException):
        write()


def _root() -> Path:
    """The project's root; under a temporary `dvc exp run`, that of the project it belongs to."""
    return Path(os.environ.get("DVC_ROOT", ".")).resolve()
