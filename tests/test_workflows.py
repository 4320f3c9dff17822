"""GitHub workflows: they pin actions, have few permissions, and leave decisions to the Makefile."""

import re
import subprocess
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.support import ROOT

FILES = sorted((ROOT / ".github/workflows").glob("*.yml"))
MAKEFILE = (ROOT / "Makefile").read_text()


def load(file: Path) -> dict:
    return YAML(typ="safe").load(file)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_workflow_is_pinned_and_may_do_little(file: Path) -> None:
    """A workflow pins actions by commit, uses bash, and limits permissions and time."""
    text, workflow = file.read_text(), load(file)
    assert workflow["permissions"] == {}
    assert workflow["defaults"] == {"run": {"shell": "bash"}}
    uses = re.findall(r"uses: (\S+)", text)
    assert all(re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", use) for use in uses)
    for job in workflow["jobs"].values():
        assert job["timeout-minutes"] <= 120
        pages = {"id-token": "write", "pages": "write"}
        assert job["permissions"] in ({"contents": "read"}, {"pull-requests": "write"}, pages)
        checkouts = [step for step in job["steps"] if "checkout" in step.get("uses", "")]
        assert all(step["with"]["persist-credentials"] is False for step in checkouts)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_workflow_runs_targets_and_splices_no_text_into_a_shell(file: Path) -> None:
    """A command is a Makefile target, `.ci/run` or the comment. Outside text enters only as a variable."""
    for job in load(file)["jobs"].values():
        for command in (step["run"] for step in job["steps"] if "run" in step):
            assert "${{" not in command
            target = re.match(r"make ([a-z-]+)", command)
            assert (
                command == ".ci/run"
                or command.startswith("gh pr comment")
                or (target and f"\n{target[1]}:" in MAKEFILE)
            )


def test_a_change_of_parameters_or_code_reproduces() -> None:
    """The workflow `repro` runs for every path that can change a result."""
    on = load(ROOT / ".github/workflows/repro.yml")["on"]
    assert {"params.yaml", "dvc.*", "pipeline/**", "src/**"} <= set(on["pull_request"]["paths"])
    assert on["push"] == {"branches": ["main"], "paths": on["pull_request"]["paths"]}  # this push fills the cache


def test_a_push_publishes_the_pages() -> None:
    """The job `repro` gathers report and explorer, and `pages` deploys them; a pull request publishes nothing."""
    jobs = load(ROOT / ".github/workflows/repro.yml")["jobs"]
    gathered = {step["name"]: step for step in jobs["repro"]["steps"] if "name" in step}
    assert gathered["Gather the pages"]["run"] == "make site"
    assert gathered["Keep the pages"]["with"] == {"path": "site"}
    for job_or_step in (gathered["Gather the pages"], gathered["Keep the pages"], jobs["pages"]):
        assert job_or_step["if"] == "github.event_name == 'push'"
    assert jobs["pages"]["needs"] == "repro"


def test_the_site_has_report_and_explorer(tmp_path: Path) -> None:
    """The English report is the first page; it has its own name too, because the Spanish report links to it."""
    (tmp_path / "reports").mkdir()
    for name in ("report", "informe", "explore"):
        (tmp_path / f"reports/{name}.html").write_text(name)
    subprocess.run(["make", "-f", ROOT / "Makefile", "site"], cwd=tmp_path, check=True, capture_output=True)
    pages = {file.name: file.read_text() for file in (tmp_path / "site").iterdir()}
    own = {f"{name}.html": name for name in ("report", "informe", "explore")}
    assert pages == own | {"index.html": "report"}
