"""What changes do: why stages run, DVC's experiments and sweeps, and the report on a change."""

import re
from pathlib import Path

import pytest

from tests.support import Project, client, table


def cloned(committed: Project, folder: Path) -> Project:
    """A clone of the committed study; `make` takes its environment for made."""
    made = committed.twin(folder / "clone")
    (made.folder / ".venv").mkdir()
    (made.folder / ".venv/.ready").touch()
    return made


@pytest.fixture
def clone(committed: Project, tmp_path: Path) -> Project:
    """A clone to change at will."""
    return cloned(committed, tmp_path)


@pytest.fixture(scope="module")
def shared(committed: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A clone for tests that put back what they change."""
    return cloned(committed, tmp_path_factory.mktemp("shared"))


def told(project: Project) -> dict[str, str]:
    """What `latente why` says of each stage."""
    lines = project.run("latente", "why").stdout.splitlines()
    return {stage: why.strip() for stage, why in (line.split(maxsplit=1) for line in lines)}


# Why


def test_nothing_would_run_when_all_is_up_to_date(shared: Project) -> None:
    """Every stage is listed, after those it depends on."""
    why = told(shared)
    assert set(why.values()) == {"up to date"}
    order = list(why)
    for above, below in (("fetch", "judge"), ("train@vae-0", "encode@vae-0"), ("encode@vae-1", "separation")):
        assert order.index(above) < order.index(below)
    assert order[-1] == "report"


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
    """Parameter with both values, file, command, output; or the stage above that would run."""
    file, old, new = edit
    path = shared.folder / file
    before = path.read_text()
    assert old in before
    path.write_text(before.replace(old, new, 1))
    found = told(shared)[stage]
    path.write_text(before)
    assert why in found


# DVC's experiments


def experiments(project: Project) -> dict[str, tuple[int, set[str]]]:
    """Name of the study -> number of its rows, and the values of `analyses.separation.neighbours` in these."""
    found: dict[str, tuple[int, set[str]]] = {}
    for row in table(client(project.folder)):
        count, values = found.get(row.data.tags.get("dvc.exp", ""), (0, set()))
        value = row.data.params["analyses.separation.neighbours"]
        found[row.data.tags.get("dvc.exp", "")] = (count + 1, values | {value})
    return found


def test_experiments_publish_under_their_names(clone: Project) -> None:
    """In place and in a temporary copy, into the store of the project; the copy's code is the code that ran."""
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
    """`make sweep` queues an experiment for each value, runs them, and draws."""
    done = clone.run("make", "sweep", "SET=models.vae.beta=1,4")
    rows = [run for run in table(client(clone.folder)) if run.data.tags["model"] == "vae"]
    values = sorted((float(run.data.params["models.vae.beta"]), run.data.tags["seed"]) for run in rows)
    assert values == [(1.0, "0"), (1.0, "1"), (4.0, "0"), (4.0, "1")]
    assert len({run.data.tags.get("dvc.exp") for run in rows}) == 2  # beta 1 is the commit's own
    lines = done.stdout.splitlines()
    head = next(i for i, line in enumerate(lines) if line.startswith("models.vae.beta  "))
    assert lines[head].split() == ["models.vae.beta", "model", "separation.silhouette", "reconstruction.distortion"]
    assert [line.split()[0] for line in lines[head + 2 : head + 4]] == ["1", "4"]
    assert (clone.folder / "reports/sweeps/models.vae.beta.png").read_bytes().startswith(b"\x89PNG")


# The report on a change


@pytest.fixture(scope="module")
def changed(committed: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A branch that changes one parameter of one analysis."""
    clone = cloned(committed, tmp_path_factory.mktemp("changed"))
    clone.run("git", "switch", "-q", "-c", "change")
    clone.set("analyses.separation.neighbours", 7)
    clone.commit("fewer neighbours")
    return clone


def section(text: str, title: str) -> str:
    """From a heading or summary to the next."""
    return re.split(r"\n#+ |<details>", text.partition(title)[2])[0]


def test_a_change_is_reported_against_its_base(changed: Project) -> None:
    """Parameters, stages with their causes, metrics with their spread; in a file and in the summary of the job."""
    summary = changed.folder / "summary.md"
    changed.run("make", "ci-repro", "BASE=main", GITHUB_STEP_SUMMARY=str(summary))
    text = (changed.folder / "reproduction.md").read_text()
    assert summary.read_text() == text
    assert re.search(r"`analyses.separation.neighbours` +\| 10 +\| 7 ", section(text, "Against `main`"))
    assert re.search(r"\n\| separation.silhouette +\| vae +\| -?0\.\d+ ± ", section(text, "Headline metrics"))
    stages = text.partition("### Stages: ")[2]
    ran, reused = map(int, re.findall(r"\d+", stages.splitlines()[0]))
    assert ran in (2, 3)  # the claims too, unless the metric is as before on so few images
    assert ran + reused == 24
    assert re.search(r"\| separation +\| ran +\| analyses.separation.neighbours is 7, was 10 +\|", stages)
    assert re.search(r"\| train@ae-0 +\| reused +\| up to date +\|", stages)
    metrics = text.partition("Every metric")[2]
    assert re.search(r"\| separation.knn_accuracy +\| ae +\|", metrics)
    assert "prior.standard.fid" not in metrics  # did not change
    assert len(table(client(changed.folder))) == 4


def test_a_base_without_results_is_said(changed: Project) -> None:
    """The reproduction stands; there is only nothing to compare it with."""
    first = changed.run("git", "rev-list", "--max-parents=0", "HEAD").stdout.strip()
    changed.run("latente", "ci", "--base", first)
    text = (changed.folder / "reproduction.md").read_text()
    assert f"No comparison with `{first}`: {first}: no dvc.lock" in text


def test_a_failure_is_reported_too(changed: Project) -> None:
    """Which stage failed, with its last lines; the command fails."""
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
    """Nothing runs."""
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
    """`make verify` fails where a committed byte is not what the code makes."""
    makefile = clone.folder / "Makefile"
    text = makefile.read_text().replace("dvc repro --force --no-run-cache", "dvc repro --force --no-run-cache report")
    assert text != makefile.read_text()
    makefile.write_text(
        text.replace("no-run-cache report", "no-run-cache --single-item report")
    )  # the whole takes long
    assert "The same bytes as committed." in clone.run("make", "verify").stdout
    report = clone.folder / "reports/report.html"
    report.write_text(report.read_text().replace("<title>", "<title>An old "))
    clone.commit("a report that the code does not make")
    done = clone.run("make", "verify", check=False)
    assert done.returncode
    assert "reports/report.html" in done.stdout
