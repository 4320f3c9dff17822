"""The table of results: a run for each study, and below it one for each of its rows."""

import re
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from mlflow import MlflowClient
from mlflow.entities import Run
from mlflow.exceptions import MlflowException
from mlflow.utils.mlflow_tags import MLFLOW_GIT_COMMIT, MLFLOW_PARENT_RUN_ID, MLFLOW_RUN_NOTE, MLFLOW_SOURCE_NAME

from latente import files, paths, rows, state
from latente.errors import LatenteError
from latente.rows import Row, Study
from latente.tracking import registry, store, views
from latente.tracking.runs import STAGES, Tracked
from latente.tree import Tree

RESULTS = "latente/results"

_NAMED = (
    "attributes.run_id LIKE '{name}%'",
    "attributes.run_name = '{name}'",
    "attributes.run_name LIKE '{name} %'",
    "tags.key = '{name}'",
    "tags.kind = 'study' and tags.`study.name` = '{name}'",
    "tags.kind = 'study' and tags.key LIKE '{name}%'",
    "tags.kind = 'study' and tags.commit LIKE '{name}%'",
)
"""The names that a run goes by, in the order tried."""

_ABANDONED = 600  # seconds after which a study that is still being written is taken for a leftover


def publish(tree: Tree) -> tuple[str, bool]:
    """Write the study that a tree holds and its rows, unless its key stands.

    Args:
        tree: Has params.yaml, dvc.yaml, dvc.lock and the metrics; models are logged if it has the weights, too.

    Returns:
        The id of the study's run, and whether it was written now.

    Raises:
        StaleError: The files do not belong together.
    """
    study = rows.study(state.load(tree))
    client = store.client()
    experiment = _experiment(client)
    if finished := _studies(client, experiment, study.key):
        return str(finished[0].info.run_id), False
    tags = tree.tags()
    title = tags.get("dvc.exp") or study.key[:7]
    common = {"study": study.key, "study.name": title, "data": study.data, **tags}
    common |= {MLFLOW_SOURCE_NAME: "latente publish", MLFLOW_GIT_COMMIT: tags["commit"]}
    parent = Tracked(client, experiment, f"study {title}", {**common, "kind": "study", "key": study.key})
    try:
        _fill(parent, study, tree)
        for row in study.rows:
            _write(client, parent, row, common, tree)
    except BaseException:
        _delete(client, experiment, parent.id)
        raise
    parent.end("FINISHED")
    return _settle(client, experiment, study.key), True


def find(name: str) -> tuple[str, Row | None, list[Row]]:
    """A study or a row by a name.

    Args:
        name: Of the run, or of the study's DVC experiment; or the beginning of a run id, a key or a commit.

    Returns:
        The run's name, the row if it is one, and all rows of the study.

    Raises:
        LatenteError: There is none, or there are several.
    """
    client = store.client()
    experiment = _existing(client)
    if not re.fullmatch(r"[\w. -]+", name):
        raise LatenteError(f"{name!r} names no row or study: letters, digits, spaces and . _ - alone can")
    found: list[Run] = []
    for clause in _NAMED:
        found = found or list(client.search_runs([experiment], clause.format(name=name)))
    if len(found) != 1:
        known = found or client.search_runs([experiment], "tags.kind = 'study'", max_results=10)
        listed = ", ".join(f"{run.info.run_name} ({run.info.run_id[:8]})" for run in known) or "none; `latente publish`"
        raise LatenteError(f"{name!r} names {'several rows or studies' if found else 'no row or study'}: {listed}")
    (run,) = found
    title, tags = str(run.info.run_name), run.data.tags
    rows_of_study = search(f"tags.study = '{tags['study']}'")
    return title, next((row for row in rows_of_study if tags["key"].endswith(f"-{row.name}")), None), rows_of_study


def search(clause: str) -> list[Row]:
    """The rows that a filter in MLflow's language leaves, the newest first; values of parameters are strings."""
    client = store.client()
    experiment, page, found = _existing(client), None, list[Row]()
    while True:
        runs = client.search_runs([experiment], f"tags.kind = 'row' and {clause}", page_token=page)
        found += [_row(run) for run in runs]
        page = runs.token
        if not page:
            return found


def _row(run: Run) -> Row:
    tags, data = run.data.tags, run.data
    return Row(tags["model"], int(tags["seed"]), dict(data.params), dict(data.metrics), {})


def _existing(client: MlflowClient) -> str:
    found = client.get_experiment_by_name(RESULTS)
    if found is None:
        raise LatenteError(f"the tracking store at {store.uri()} has no rows yet; `latente publish` writes them")
    return str(found.experiment_id)


def _experiment(client: MlflowClient) -> str:
    """The experiment, with its views as this version has them, and a note that a person may have changed."""
    experiment = store.experiment(client, RESULTS)
    tags = client.get_experiment(experiment).tags
    wanted = views.tags() | {MLFLOW_RUN_NOTE: tags.get(MLFLOW_RUN_NOTE, views.NOTE.format(experiment=experiment))}
    for key, value in wanted.items():
        if tags.get(key) != value:
            client.set_experiment_tag(experiment, key, value)
    return experiment


def _fill(parent: Tracked, study: Study, tree: Tree) -> None:
    parent.params(study.params)
    parent.metrics(study.metrics)
    parent.dataset("mnist", study.data, paths.raw().as_posix())
    parent.tags({MLFLOW_RUN_NOTE: f"{len(study.rows)} rows: {', '.join(row.name for row in study.rows)}."})
    drawn, measured = tree.within(paths.all_figures()), tree.within(paths.all_metrics())
    with tempfile.TemporaryDirectory() as folder:
        for path in (paths.report(), paths.params(), paths.lock(), *drawn, *measured):
            if (content := tree.read(path)) is not None:
                files.write(Path(folder) / path, content)
        parent.artifacts(Path(folder))


def _write(client: MlflowClient, parent: Tracked, row: Row, common: Mapping[str, str], tree: Tree) -> None:
    digests = {"weights": row.outputs["train"][1], "latents": row.outputs["encode"][1]}
    identity = {"kind": "row", "key": f"{common['study']}-{row.name}", "model": row.model, "seed": str(row.seed)}
    made_by = {stage: run for stage, output in row.outputs.items() if (run := _made(client, *output))}
    child = parent.child(f"{row.name} {common['study.name']}", {**common, **digests, **identity})
    child.tags({f"run.{stage}": str(run.info.run_id) for stage, run in made_by.items()})
    child.tags({MLFLOW_RUN_NOTE: _links(made_by)})
    child.params(row.params)
    child.dataset("mnist", common["data"], paths.raw().as_posix())
    child.metrics(row.metrics, model=registry.log(client, child.id, row, tree, common["data"]))
    child.end("FINISHED")


def _links(made_by: Mapping[str, Run]) -> str:
    if not made_by:
        return "The runs of the stages that made it are not in this store."
    pages = {stage: f"#/experiments/{run.info.experiment_id}/runs/{run.info.run_id}" for stage, run in made_by.items()}
    return f"Made by the stages {', '.join(f'[{stage}]({page})' for stage, page in pages.items())}."


def _made(client: MlflowClient, path: str, digest: str) -> Run | None:
    """The last run of a stage that wrote a file with this digest."""
    experiment = client.get_experiment_by_name(STAGES)
    if experiment is None:
        return None
    found = client.search_runs([experiment.experiment_id], f"tags.`wrote.{path}` = '{digest}'", max_results=1)
    return found[0] if found else None


def _studies(client: MlflowClient, experiment: str, key: str) -> list[Run]:
    """Those that are written whole, the oldest first."""
    wanted = f"tags.key = '{key}' and attributes.status = 'FINISHED'"
    return list(client.search_runs([experiment], wanted, order_by=["attributes.start_time", "attributes.run_id"]))


def _settle(client: MlflowClient, experiment: str, key: str) -> str:
    """Leave one of the studies that several processes may have written at once; remove what crashes left behind."""
    first, *others = _studies(client, experiment, key)
    old = int((time.time() - _ABANDONED) * 1000)
    abandoned = f"tags.kind = 'study' and attributes.status = 'RUNNING' and attributes.start_time < {old}"
    for run in [*others, *client.search_runs([experiment], abandoned)]:
        _delete(client, experiment, run.info.run_id)
    return str(first.info.run_id)


def _delete(client: MlflowClient, experiment: str, run: str) -> None:
    children = client.search_runs([experiment], f"tags.`{MLFLOW_PARENT_RUN_ID}` = '{run}'")
    for found in [*(child.info.run_id for child in children), run]:
        with suppress(MlflowException):  # another process may be first
            client.delete_run(found)
