"""The league in MLflow: a parent run for all trainings of the league, and a child run for each of them."""

from collections.abc import Mapping

from mlflow import MlflowClient
from mlflow.utils.mlflow_tags import MLFLOW_GIT_COMMIT, MLFLOW_RUN_NOTE, MLFLOW_SOURCE_NAME

from latente.study.league import League
from latente.study.rows import Row
from latente.tracking import parents
from latente.tracking.runs import StoredRun, start
from latente.tracking.silence import Silence


def publish(client: MlflowClient, experiment: str, league: League, tags: Mapping[str, str], silence: Silence) -> None:
    """Write the league, unless the store has it or it did not run.

    Args:
        client: Of the store.
        experiment: The experiment of the studies, so that the rows of both stand in one table.
        league: Its rows.
        tags: The commit of the tree, and whether its files differ from the commit.
        silence: The silence of the store; it is ended before each row.

    Raises:
        MlflowException: The store failed; nothing of the league is left there.
    """
    if not league.rows or parents.finished(client, experiment, league.key):
        return
    common = {**tags, MLFLOW_SOURCE_NAME: "latente publish", MLFLOW_GIT_COMMIT: tags["commit"]}
    parent = start(client, experiment, f"league {league.key[:7]}", {**common, "kind": "league", "key": league.key})
    try:
        parent.tags({MLFLOW_RUN_NOTE: f"The league of the survey: {len(league.rows)} trainings. docs/variants.md"})
        for name, row in league.rows.items():
            silence.end()
            own = {"kind": "variant", "key": f"{league.key}-{name}", "data": row.data}
            _write(parent, f"{name} league", row, common | own)
        parent.end("FINISHED")  # at last, because another process may now delete this league if it has written its own
    except BaseException:
        parents.delete(client, client.get_run(parent.id))
        raise
    parents.settle(client, experiment, "league", league.key)


def _write(parent: StoredRun, name: str, row: Row, tags: Mapping[str, str]) -> None:
    child = parent.child(name, {**tags, "model": row.model, "seed": str(row.seed)})
    child.params(row.params)
    child.metrics(row.metrics)
    child.end("FINISHED")
