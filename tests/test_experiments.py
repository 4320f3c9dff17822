"""The effects of changes: why stages run, DVC experiments, sweeps, and the report of a pull request."""

import re
from pathlib import Path

import pytest

from tests.support import Project, client, table


def cloned(committed: Project, folder: Path) -> Project:
    """A clone of the committed study, in which `make` installs nothing."""
    made = committed.twin(folder / "clone")
    (made.folder / ".venv").mkdir()
    (made.folder / ".venv/.ready").touch()
    return made


@pytest.fixture
def clone(committed: Project, tmp_path: Path) -> Project:
    """A clone that one test can change."""
    return cloned(committed, tmp_path)


@pytest.fixture(scope="module")
def shared(committed: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A clone for tests that undo their changes."""
    return cloned(committed, tmp_path_factory.mktemp("shared"))


def reasons(project: Project) -> dict[str, str]:
    """Stage -> its line in the output of `latente why`."""
    lines = project.run("latente", "why").stdout.splitlines()
    return {stage: why.strip() for stage, why in (line.split(maxsplit=1) for line in lines)}


# Why


def test_nothing_would_run_when_all_is_up_to_date(shared: Project) -> None:
    """`latente why` lists every stage; a stage comes after the stages that it depends on."""
    why = reasons(shared)
    assert set(why.values()) == {"up to date"}
    order = list(why)
    for above, below in (("fetch", "judge"), ("train@vae-0", "encode@vae-0"), ("encode@vae-1", "separation")):
        assert order.index(above) < order.index(below)
    assert order[-3:] == ["claims", "explore", "report"]


@pytest.mark.parametrize(
    ("edit", "stage", "why"),
    [
        (("params.yaml", "beta: 1.0", "beta: 2.0"), "train@vae-1", "models.vae.beta is 2.0, was 1.0"),
        (("params.yaml", "beta: 1.0", "beta: 2.0"), "encode@vae-1", "only if train@vae-1 writes something else"),
        (("params.yaml", "beta: 1.0", "beta: 2.0"), "train@ae-1", "up to date"),
        (("params.yaml", "perplexity: 30.0", "perplexity: 9.0"), "projection", "analyses.projection.perplexity is 9.0, was 30.0"),
        (("src/latente/analyses/geometry.py", '"""', '"""Say: '), "geometry", "src/latente/analyses/geometry.py is modified"),
        (("dvc.yaml", "-m pipeline.prior", "-u -m pipeline.prior"), "prior", "its command has changed"),
        (("reports/metrics/prior.json", "{", "{ "), "prior", "its output reports/metrics/prior.json is modified"),
        (("params.yaml", "  - 1\n", "  - 1\n  - 2\n"), "train@ae-2", "it has not run yet"),
    ],
)  # fmt: skip
def test_the_cause_is_named(shared: Project, edit: tuple[str, str, str], stage: str, why: str) -> None:
    """The cause is a parameter with both values, a file, the command, an output, or an earlier stage."""
    file, old, new = edit
    path = shared.folder / file
    before = path.read_text()
    assert old in before
    path.write_text(before.replace(old, new, 1))
    found = reasons(shared)[stage]
    path.write_text(before)
    assert why in found


# DVC's experiments


def experiments(project: Project) -> dict[str, tuple[int, set[str]]]:
    """Experiment name -> number of its rows, and their values of `analyses.separation.neighbours`."""
    found: dict[str, tuple[int, set[str]]] = {}
    for row in table(client(project.folder)):
        count, values = found.get(row.data.tags.get("dvc.exp", ""), (0, set()))
        value = row.data.params["analyses.separation.neighbours"]
        found[row.data.tags.get("dvc.exp", "")] = (count + 1, values | {value})
    return found


def test_experiments_publish_under_their_names(clone: Project) -> None:
    """Experiments in the folder and with `--temp` publish to the same store; `--temp` runs the code of its copy."""
    key = "analyses.separation.neighbours"
    clone.run("dvc", "exp", "run", "--name", "in-place", "--set-param", f"{key}=3")
    marked = clone.folder / "pipeline/separation.py"
    marked.write_text(marked.read_text() + "\n")
    source = clone.folder / "src/latente/analyses/separation.py"
    source.write_text(source.read_text() + "\nprint('the code of', __file__)\n")
    done = clone.run("dvc", "exp", "run", "--temp", "--name", "temporary", "--set-param", f"{key}=4")
    (ran,) = re.findall("the code of (.*)", done.stdout + done.stderr)
    assert "/.dvc/tmp/" in ran
    assert experiments(clone) == {"in-place": (4, {"3"}), "temporary": (4, {"4"})}
    store = client(clone.folder)
    assert store.get_experiment_by_name("latente/results").artifact_location.endswith("clone/mlartifacts")
    other = f"sqlite:///{clone.folder / 'other.db'}"
    clone.run("latente", "publish", "--rev", "in-place", MLFLOW_TRACKING_URI=other)
    (study,) = table(client(clone.folder, "other.db"), "study")
    assert study.data.tags["dvc.exp"] == "in-place"
    assert study.data.tags["key"] in {run.data.tags["key"] for run in table(store, "study")}


def test_a_sweep_has_all_rows_in_one_table_and_a_figure(clone: Project) -> None:
    """`make sweep` queues one experiment for each value, runs all, and draws a figure."""
    done = clone.run("make", "sweep", "SET=models.vae.beta=1,4")
    rows = [run for run in table(client(clone.folder)) if run.data.tags["model"] == "vae"]
    values = sorted((float(run.data.params["models.vae.beta"]), run.data.tags["seed"]) for run in rows)
    assert values == [(1.0, "0"), (1.0, "1"), (4.0, "0"), (4.0, "1")]
    assert len({run.data.tags.get("dvc.exp") for run in rows}) == 2  # beta 1 is the value of the commit
    lines = done.stdout.splitlines()
    head = next(i for i, line in enumerate(lines) if line.startswith("models.vae.beta  "))
    assert lines[head].split() == ["models.vae.beta", "model", "separation.silhouette", "reconstruction.distortion"]
    assert [line.split()[0] for line in lines[head + 2 : head + 4]] == ["1", "4"]
    assert (clone.folder / "reports/sweeps/models.vae.beta.png").read_bytes().startswith(b"\x89PNG")


# The report on a change


@pytest.fixture(scope="module")
def changed(committed: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A clone with a branch that changes one parameter of one analysis."""
    clone = cloned(committed, tmp_path_factory.mktemp("changed"))
    clone.run("git", "switch", "-q", "-c", "change")
    clone.set("analyses.separation.neighbours", 7)
    clone.commit("fewer neighbours")
    return clone


def section(text: str, title: str) -> str:
    """The text from a heading or summary to the next one."""
    return re.split(r"\n#+ |<details>", text.partition(title)[2])[0]


def test_a_change_is_reported_against_its_base(changed: Project) -> None:
    """The report and the job summary have the parameters, the stages with causes, and the metrics with spread."""
    summary = changed.folder / "summary.md"
    changed.run("make", "ci-repro", "BASE=main", GITHUB_STEP_SUMMARY=str(summary))
    text = (changed.folder / "reproduction.md").read_text()
    assert summary.read_text() == text
    assert re.search(r"`analyses.separation.neighbours` +\| 10 +\| 7 ", section(text, "Against `main`"))
    assert re.search(r"\n\| separation.silhouette +\| vae +\| -?0\.\d+ ± ", section(text, "Headline metrics"))
    stages = text.partition("### Stages: ")[2]
    ran, reused = map(int, re.findall(r"\d+", stages.splitlines()[0]))
    assert ran in (2, 3, 4)  # `claims` and `explore` run too, unless the metric is the same on so few images
    assert ran + reused == 31
    assert re.search(r"\| separation +\| ran +\| analyses.separation.neighbours is 7, was 10 +\|", stages)
    assert re.search(r"\| train@ae-0 +\| reused +\| up to date +\|", stages)
    metrics = text.partition("All metrics")[2]
    assert re.search(r"\| separation.knn_accuracy +\| ae +\|", metrics)
    assert "prior.standard.fid" not in metrics  # this metric did not change
    assert len(table(client(changed.folder))) == 4


def test_a_base_without_results_is_reported(changed: Project) -> None:
    """The report says that the base has no results to compare with."""
    first = changed.run("git", "rev-list", "--max-parents=0", "HEAD").stdout.strip()
    changed.run("latente", "ci", "--base", first)
    text = (changed.folder / "reproduction.md").read_text()
    assert f"No comparison with `{first}`: {first}: no dvc.lock" in text


def test_a_failure_is_reported_too(changed: Project) -> None:
    """The report has the failed stage and its last lines, and the command fails."""
    stage = changed.folder / "pipeline/separation.py"
    before = stage.read_text()
    stage.write_text(before.replace("threads.limit(params.compute.threads)", "raise ZeroDivisionError"))
    done = changed.run("make", "ci-repro", "BASE=main", check=False)
    stage.write_text(before)
    assert done.returncode
    text = (changed.folder / "reproduction.md").read_text()
    assert "`dvc repro` failed" in text
    assert "ZeroDivisionError" in text
    assert re.search(r"\| report +\| not reached ", text)


def test_parameters_that_are_not_valid_are_reported(changed: Project) -> None:
    """No stage runs, and the report has the error."""
    before = changed.params.read_text()
    changed.set("models.vae.beta", -1.0)
    done = changed.run("make", "ci-repro", check=False)
    changed.params.write_text(before)
    assert done.returncode
    text = (changed.folder / "reproduction.md").read_text()
    assert text.startswith("## Not run")
    assert "params.yaml:" in text
    assert "Running stage" not in done.stdout


def test_verify_compares_the_bytes(clone: Project) -> None:
    """`make verify` fails if a committed file has other bytes than the code writes."""
    makefile = clone.folder / "Makefile"
    text = makefile.read_text().replace("dvc repro --force --no-run-cache", "dvc repro --force --no-run-cache report")
    assert text != makefile.read_text()
    makefile.write_text(
        text.replace("no-run-cache report", "no-run-cache --single-item report")
    )  # a run of all stages takes too long
    assert "All bytes are the same as the committed ones." in clone.run("make", "verify").stdout
    report = clone.folder / "reports/report.html"
    report.write_text(report.read_text().replace("<title>", "<title>An old "))
    clone.commit("a report that the code does not make")
    done = clone.run("make", "verify", check=False)
    assert done.returncode
    assert "reports/report.html" in done.stdout
