"""Parent runs with their child runs: a study with its rows, or the league with its variants.

A parent has the tags `kind` and `key`. Its key is a hash of its content, so the same content is written once.
"""

from contextlib import suppress

from mlflow import MlflowClient
from mlflow.entities import Run
from mlflow.exceptions import MlflowException
from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID

from latente.tracking.runs import abandoned


def finished(client: MlflowClient, experiment: str, key: str) -> list[Run]:
    """The completely written parents with a key, the oldest first."""
    wanted = f"tags.key = '{key}' and attributes.status = 'FINISHED'"
    return list(client.search_runs([experiment], wanted, order_by=["attributes.start_time", "attributes.run_id"]))


def children(client: MlflowClient, run: Run) -> list[Run]:
    """The child runs of a parent."""
    return list(client.search_runs([run.info.experiment_id], f"tags.`{MLFLOW_PARENT_RUN_ID}` = '{run.info.run_id}'"))


def settle(client: MlflowClient, experiment: str, kind: str, key: str) -> str:
    """If several processes wrote a parent at once, keep the first. Delete the others, and runs that a crash left.

    Returns:
        The id of the parent that stays.
    """
    first, *others = finished(client, experiment, key)
    unfinished = client.search_runs([experiment], f"tags.kind = '{kind}' and attributes.status = 'RUNNING'")
    for run in [*others, *filter(abandoned, unfinished)]:
        delete(client, run)
    return str(first.info.run_id)


def delete(client: MlflowClient, run: Run) -> None:
    """Delete a parent and its children."""
    for doomed in (*children(client, run), run):
        with suppress(MlflowException):  # another process may be first
            client.delete_run(doomed.info.run_id)
