"""The table of results in MLflow: a parent run for each study, and a child run for each of its rows."""

import re
from collections.abc import Mapping
from functools import partial

from mlflow import MlflowClient
from mlflow.entities import Run
from mlflow.exceptions import MlflowException
from mlflow.utils.mlflow_tags import MLFLOW_GIT_COMMIT, MLFLOW_RUN_NOTE, MLFLOW_SOURCE_NAME

from latente.errors import LatenteError
from latente.project import paths
from latente.study import league as variant_rows
from latente.study import rows, state
from latente.study.rows import Row, Study
from latente.study.tree import Tree
from latente.tracking import league, parents, registry, store, trouble, views
from latente.tracking.runs import STAGES, StoredRun, start
from latente.tracking.silence import Silence

RESULTS = "latente/results"

_NAMED = (
    ("attributes.run_name = '{name}'", "run_name"),
    ("tags.kind = 'study' and tags.`study.name` = '{name}'", "study.name"),
    ("tags.key = '{name}'", "key"),
    ("attributes.run_name LIKE '{name} %'", "run_name"),
    ("attributes.run_id LIKE '{name}%'", "run_id"),
    ("tags.kind = 'study' and tags.key LIKE '{name}%'", "key"),
    ("tags.kind = 'study' and tags.dirty = 'false' and tags.commit LIKE '{name}%'", "commit"),
)
"""Filters that find a run by its name, in order, and the field that must start with the name."""

_PAGES = (paths.report(), paths.report("es"), paths.explore())
"""Older commits have only the first. The last is in DVC's cache; it is missing if neither cache nor remote has it."""

_CURVE = "curve"
"""Prefix of the losses of every epoch. They are not metrics of a row."""

_OF_STUDIES = "tags.kind != 'league' and tags.kind != 'variant' and attributes.status = 'FINISHED'"

_ROWS = "tags.kind = 'row' and attributes.status = 'FINISHED'"


def publish(tree: Tree, *, reported: bool = False, silence: Silence | None = None) -> tuple[str, bool]:
    """Write the study of a tree and its rows, and the league. If they are published, add only what is missing.

    Args:
        tree: Has params.yaml, dvc.yaml, dvc.lock, the code and the metrics. Models are logged if it also has the
            weights and the images.
        reported: Whether the report is new and not yet in dvc.lock.
        silence: The silence of the store; it is ended before each row, and paused while this process works.

    Returns:
        The id of the study's run, and whether it was written by this call.

    Raises:
        StaleError: The files are not one state of the pipeline.
        LatenteError: The store failed.
    """
    silence = silence or Silence()
    with silence.paused():
        current = state.load(tree)
        study, variants = rows.study(current), variant_rows.rows(tree, current)
    with store.answering():
        found = _publish(study, tree, silence, reported=reported or current.reported)
        client = store.client()
        league.publish(client, _existing(client), variants, tree.tags(), silence)
        return found


def _publish(study: Study, tree: Tree, silence: Silence, *, reported: bool) -> tuple[str, bool]:
    client = store.client()
    experiment = _experiment(client, study)
    if published := parents.finished(client, experiment, study.key):
        _complete(client, published[0], study, tree, silence, reported=reported)
        return str(published[0].info.run_id), False
    tags = tree.tags()
    title = tags.get("dvc.exp") or study.key[:7]
    common = {"study": study.key, "study.name": title, "data": study.data, **tags}
    common |= {MLFLOW_SOURCE_NAME: "latente publish", MLFLOW_GIT_COMMIT: tags["commit"]}
    parent = start(client, experiment, f"study {title}", {**common, "kind": "study", "key": study.key})
    try:
        _fill(parent, study, tree, reported=reported)
        children = []
        for row in study.rows:
            silence.end()
            children.append(_write(client, parent, row, common, tree, silence=silence))
        parent.end("FINISHED")
    except BaseException:
        parents.delete(client, client.get_run(parent.id))
        raise
    try:
        for child in children:  # not earlier, because a row counts as soon as it is finished
            child.end("FINISHED")
    except MlflowException:
        if client.get_run(parent.id).info.lifecycle_stage != "deleted":
            raise  # otherwise, another process has written the same study, and keeps its own
    return parents.settle(client, experiment, "study", study.key), True


@store.answering()
def find(name: str) -> tuple[str, Row | None, list[Row]]:
    """Find a study or a row by a name.

    Args:
        name: The name of the run or of the study's DVC experiment; or at least the first six characters of a run id, a
            key or a commit.

    Returns:
        The run's name, the row (None for a study), and all rows of the study.

    Raises:
        LatenteError: No run has this name, or several have.
    """
    client = store.client()
    experiment = _existing(client)
    if not re.fullmatch(r"[\w. -]+", name):
        raise LatenteError(f"{name!r} names no row or study: names have only letters, digits, spaces and . _ -")
    matches: list[Run] = []
    for clause, field in _NAMED:
        if not matches and (field in {"run_name", "study.name"} or re.fullmatch("[0-9a-f-]{6,}", name)):
            runs = client.search_runs([experiment], f"{clause.format(name=name)} and {_OF_STUDIES}")
            matches = [run for run in runs if _field(run, field).startswith(name)]  # in LIKE, _ is any character
    if len(matches) != 1:
        known = matches or client.search_runs([experiment], "tags.kind = 'study'", max_results=10)
        listed = ", ".join(f"{run.info.run_name} ({run.info.run_id[:8]})" for run in known) or "none; `latente publish`"
        raise LatenteError(f"{name!r} names {'several rows or studies' if matches else 'no row or study'}: {listed}")
    (run,) = matches
    title, tags = str(run.info.run_name), run.data.tags
    of_study = search(f"tags.study = '{tags['study']}'")
    return title, next((row for row in of_study if tags["key"].endswith(f"-{row.name}")), None), of_study


def _field(run: Run, name: str) -> str:
    return str(getattr(run.info, name, None) or run.data.tags.get(name, ""))


@store.answering()
def search(clause: str) -> list[Row]:
    """The rows that match a filter of MLflow, the newest first; values of parameters are strings.

    Args:
        clause: The filter, for instance `params.model = 'vae'`; an empty one matches all rows.
    """
    where = f"{_ROWS} and {clause}" if clause else _ROWS
    client = store.client()
    experiment, page, matches = _existing(client), None, list[Row]()
    while True:
        runs = client.search_runs([experiment], where, page_token=page)
        matches += [_row(run) for run in runs]
        page = runs.token
        if not page:
            return matches


def _row(run: Run) -> Row:
    tags, data = run.data.tags, run.data
    metrics = {name: value for name, value in data.metrics.items() if not name.startswith(f"{_CURVE}.")}
    return Row(tags["model"], int(tags["seed"]), dict(data.params), metrics, tags["data"], {})


def _existing(client: MlflowClient) -> str:
    experiment = client.get_experiment_by_name(RESULTS)
    if experiment is None:
        raise LatenteError(
            trouble.hide(f"the tracking store at {store.uri()} has no rows yet; `latente publish` writes them")
        )
    return str(experiment.experiment_id)


def _experiment(client: MlflowClient, study: Study) -> str:
    """The experiment with the views of this version. A note that a person changed is kept."""
    experiment = store.experiment(client, RESULTS)
    tags = client.get_experiment(experiment).tags
    wanted = views.tags(study) | {MLFLOW_RUN_NOTE: tags.get(MLFLOW_RUN_NOTE, views.NOTE.format(experiment=experiment))}
    for key, value in wanted.items():
        if tags.get(key) != value:
            store.again(partial(client.set_experiment_tag, experiment, key, value))
    return experiment


def _fill(parent: StoredRun, study: Study, tree: Tree, *, reported: bool) -> None:
    parent.params(study.params)
    parent.metrics(study.metrics)
    parent.dataset(_data(study.params), study.data, paths.raw().as_posix())
    parent.tags({MLFLOW_RUN_NOTE: f"{len(study.rows)} rows: {', '.join(row.name for row in study.rows)}."})
    parent.tags({f"claim.{name}": verdict for name, verdict in study.verdicts.items()})
    figures, metrics = tree.within(paths.all_figures()), tree.within(paths.all_metrics())
    pages = _PAGES if reported else ()
    parent.artifacts({path: tree.read(path) for path in (paths.params(), paths.lock(), *pages, *figures, *metrics)})


def _write(
    client: MlflowClient, parent: StoredRun, row: Row, common: Mapping[str, str], tree: Tree, *, silence: Silence
) -> StoredRun:
    """Write a row; its run stays open."""
    digests = {"weights": row.outputs["train"][1], "latents": row.outputs["encode"][1]}
    identity = {"kind": "row", "key": f"{common['study']}-{row.name}", "model": row.model, "seed": str(row.seed)}
    sources = {stage: run for stage, output in row.outputs.items() if (run := _source(client, *output))}
    child = parent.child(f"{row.name} {common['study.name']}", {**common, **digests, **identity})
    child.tags({f"run.{stage}": str(run.info.run_id) for stage, run in sources.items()})
    child.tags({MLFLOW_RUN_NOTE: _links(sources)})
    child.params(row.params)
    child.dataset(_data(row.params), common["data"], paths.raw().as_posix())
    child.curve(_CURVE, row.curve)
    child.metrics(row.metrics, model=registry.log(client, child.id, row, tree, silence))
    return child


def _data(params: Mapping[str, object]) -> str:
    """The name of the data set; commits before there was a choice do not have it."""
    return str(params.get("data.name", "unknown"))


def _complete(client: MlflowClient, run: Run, study: Study, tree: Tree, silence: Silence, *, reported: bool) -> None:
    """Add what may be missing in a published study: its commit, its report, its models, and the end of its rows."""
    tags = tree.tags()
    runs = {child.data.tags["key"]: child for child in parents.children(client, run)}
    if run.data.tags["dirty"] != "false" and tags["dirty"] == "false":
        for published in (run, *runs.values()):
            for name, value in (*tags.items(), (MLFLOW_GIT_COMMIT, tags["commit"])):
                client.set_tag(published.info.run_id, name, value)
    parent = StoredRun(client, run.info.experiment_id, run.info.run_id)
    stored = {one.path for one in client.list_artifacts(run.info.run_id, paths.report().parent.as_posix())}
    parent.artifacts({page: tree.read(page) for page in _PAGES if reported and page.as_posix() not in stored})
    for row in study.rows:
        child = runs[f"{study.key}-{row.name}"]
        silence.end()
        logged = child.outputs.model_outputs if child.outputs else []
        if not logged and (model := registry.log(client, child.info.run_id, row, tree, silence)):
            StoredRun(client, run.info.experiment_id, child.info.run_id).metrics(row.metrics, model=model)
        if child.info.status != "FINISHED":
            client.set_terminated(child.info.run_id)


def _links(sources: Mapping[str, Run]) -> str:
    """Links to the runs of stages, in Markdown."""
    if not sources:
        return "The runs of the stages that made it are not in this store."
    pages = {stage: f"#/experiments/{run.info.experiment_id}/runs/{run.info.run_id}" for stage, run in sources.items()}
    return f"Made by the stages {', '.join(f'[{stage}]({page})' for stage, page in pages.items())}."


def _source(client: MlflowClient, path: str, digest: str) -> Run | None:
    """The last run of a stage that wrote a file with this digest."""
    experiment = client.get_experiment_by_name(STAGES)
    if experiment is None:
        return None
    runs = client.search_runs([experiment.experiment_id], f"tags.`wrote.{path}` = '{digest}'", max_results=1)
    return runs[0] if runs else None
