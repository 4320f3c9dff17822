"""Stages that run at the same time: DVC runs a small pipeline of shell commands."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from ruamel.yaml import YAML

from latente import cli
from latente.errors import LatenteError
from latente.stages import engine, graph, progress, running
from tests.support import ROOT, environment, interrupting

pytestmark = pytest.mark.slow

# Such a command ends only after the other one has started.
MEET = "touch {own}.begun; for i in $(seq 300); do [ -e {other}.begun ] && break; sleep 0.1; done; "
MEET += "[ -e {other}.begun ] && echo {own} > {own}"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A DVC project without stages, with the parameters and the claims of the study."""
    for name in ("params.yaml", "claims.yaml"):
        shutil.copy(ROOT / name, tmp_path)
    subprocess.run([sys.executable, "-m", "dvc", "init", "--no-scm", "--quiet"], cwd=tmp_path, check=True)
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("DVC_")]:
        monkeypatch.delenv(name)
    return tmp_path


def stages(folder: Path, *, memory: object = 1, **commands: tuple[str, list[str]]) -> None:
    """Write a dvc.yaml: stage -> its command and its dependencies; the output has the name of the stage."""
    made = {
        name: {"cmd": command, "deps": deps, "outs": [name], "meta": {"memory": memory}}
        for name, (command, deps) in commands.items()
    }
    with (folder / "dvc.yaml").open("w") as stream:
        YAML(typ="safe").dump({"stages": made}, stream)


def test_stages_that_do_not_wait_for_each_other_run_at_once(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A stage that needs both runs after both have ended. A second call runs nothing."""
    stages(
        folder,
        one=(MEET.format(own="one", other="two"), []),
        two=(MEET.format(own="two", other="one"), []),
        both=("cat one two > both; echo in the end", ["one", "two"]),
    )
    running.repro(graph.read("dvc.yaml"), 2)
    assert (folder / "both").read_text() == "one\ntwo\n"
    assert f"{'both':16} in the end\n" in capsys.readouterr().out
    (folder / "one.begun").unlink()
    running.repro(graph.read("dvc.yaml"), 2)
    assert not (folder / "one.begun").exists()


def test_only_what_changed_and_what_comes_after_runs(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A stage that does not depend on the change is not started."""
    (folder / "input").write_text("1")
    stages(
        folder,
        above=("cp input above; echo above >> ran", ["input"]),
        below=("cp above below; echo below >> ran", ["above"]),
        beside=("touch beside; echo beside >> ran", []),
    )
    running.repro(graph.read("dvc.yaml"), 1)
    (folder / "input").write_text("2")
    (folder / "ran").unlink()
    capsys.readouterr()
    running.repro(graph.read("dvc.yaml"), 1)
    assert (folder / "ran").read_text() == "above\nbelow\n"
    assert re.findall(r"^(\w+) +done in", capsys.readouterr().out, re.MULTILINE) == ["above", "below"]


def test_after_a_failure_nothing_else_begins(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A stage that ran beside the failed one still ends, and its output is kept."""
    stages(
        folder,
        bad=("for i in $(seq 300); do [ -e good.begun ] && break; sleep 0.1; done; echo no luck; exit 3", []),
        good=("touch good.begun; sleep 15; touch good", []),
        later=("touch later", ["good"]),
    )
    with pytest.raises(LatenteError, match="stage bad failed"):
        running.repro(graph.read("dvc.yaml"), 2)
    assert "no luck" in capsys.readouterr().out
    assert "good:" in (folder / "dvc.lock").read_text()
    assert not (folder / "later").exists()


@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_stages_too(folder: Path, kind: signal.Signals) -> None:
    """SIGINT (Ctrl-C) and SIGTERM stop the command and its stages."""
    stages(folder, long=("echo $$ > begun; exec sleep 600", []), other=("sleep 600", []))
    process = subprocess.Popen(
        [sys.executable, "-c", "from latente.cli import main; main(['repro', '--jobs', '2'])"],
        env=environment(PYTHONPATH=str(ROOT / "src")),
        stdin=subprocess.DEVNULL,
    )
    while not (folder / "begun").exists() or not (folder / "begun").read_text().strip():
        assert process.poll() is None
        time.sleep(0.1)
    sleeping = psutil.Process(int((folder / "begun").read_text()))
    process.send_signal(kind)
    assert process.wait(60) == 130
    assert not sleeping.is_running()


@pytest.mark.parametrize("jobs", ["0", "-1", "two", "1.5"])
def test_the_number_of_jobs_is_checked(jobs: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The error is one line that names the option and the value; the exit status is 2."""
    with pytest.raises(SystemExit) as ended:
        cli.main(["repro", f"--jobs={jobs}"])
    assert ended.value.code == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert f"--jobs: {jobs}: expected a whole number of at least 1" in error


def test_a_stage_waits_for_memory(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two stages that need more than half of the memory run one after the other; each needs less than the machine has."""
    monkeypatch.setattr(engine, "MEMORY_LIMIT", 3e9)
    alone = "touch {own}.begun; sleep 8; [ ! -e {other}.begun ] || [ -e {other} ] && touch {own}"
    stages(
        folder, memory=2, one=(alone.format(own="one", other="two"), []), two=(alone.format(own="two", other="one"), [])
    )
    running.repro(graph.read("dvc.yaml"), 2)
    assert (folder / "one").exists()
    assert (folder / "two").exists()


@pytest.mark.parametrize(
    ("jobs", "threads", "expected"),
    [(None, 1.0, (1, 8)), (None, 4.0, (4, 8)), (None, 16.0, (8, 8)), (3, 4.0, (4, 12)), (3, 0.5, (1, 3))],
)
def test_the_threads_of_a_stage_and_of_the_machine(
    monkeypatch: pytest.MonkeyPatch, jobs: int | None, threads: float, expected: tuple[int, int]
) -> None:
    """A stage that needs more than all cores gets all. A number of jobs allows as many stages, for any threads."""
    monkeypatch.setattr(engine, "cpu_count", lambda: 8)
    monkeypatch.setattr(engine, "MEMORY_LIMIT", 4 * 10**9)
    pipeline = graph.Graph("dvc.yaml", {"one": set()}, {}, {"one": {"threads": threads, "memory": 0.7}})
    needs, machine = engine._integers(pipeline, ["one"], jobs)
    assert (needs["one"]["threads"], machine["threads"]) == expected
    assert (needs["one"]["memory"], machine["memory"]) == (700, 4000)


def test_a_target_is_a_file_or_a_stage(folder: Path) -> None:
    """A stage runs after the stages that it depends on, and no other stage runs. Another path is the same file."""
    stages(folder, one=("touch one", []), two=("touch two", ["one"]), three=("touch three", ["two"]))
    with pytest.raises(LatenteError, match=r"four: no such stage, and no file with stages, such as dvc\.yaml"):
        graph.read("four")
    assert graph.read(str(folder / "dvc.yaml")).stale() == graph.read("./dvc.yaml").stale()
    running.repro(graph.read("two"), 1)
    assert graph.read("two").stale() == []
    assert graph.read("dvc.yaml").stale() == ["three"]


def test_ctrl_c_ends_the_last_look_of_dvc(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """DVC receives the signal once, and has ended when the command ends."""
    script = interrupting(folder / "ended")
    monkeypatch.setattr(engine.command, "dvc", lambda _: (sys.executable, "-c", script))
    with pytest.raises(KeyboardInterrupt):
        engine._check("dvc.yaml", environment())
    assert (folder / "ended").exists()


def test_the_time_left_knows_that_memory_limits_the_stages(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of three stages that need all memory, one runs at a time, so the time left after the first is that of two."""
    (folder / progress.SCRATCH).mkdir(parents=True)
    (folder / progress.SCRATCH / "seconds.json").write_text('{"one": 40, "two": 40, "three": 40}')
    stages(folder, memory=2, one=("touch one", []), two=("touch two", []), three=("touch three", []))
    monkeypatch.setattr(engine, "cpu_count", lambda: 8)
    monkeypatch.setattr(engine, "MEMORY_LIMIT", 2 * 10**9)
    seen = list[str]()
    monkeypatch.setattr(engine.LOG, "info", lambda text, *values: seen.append(text % values))
    running.repro(graph.read("dvc.yaml"))
    assert any("1 of 3 stages, about 80 s left" in line for line in seen), seen


@pytest.mark.parametrize("memory", ["much", 0, -1, True, [1]])
def test_what_a_stage_needs_is_checked(folder: Path, memory: object) -> None:
    """The error names the file, the stage, the key and the value."""
    stages(folder, memory=memory, one=("touch one", []))
    with pytest.raises(LatenteError) as error:
        graph.read("dvc.yaml")
    assert str(error.value) == f"one: meta.memory: expected a positive number; found {memory!r}"


def test_a_stage_that_needs_more_than_the_machine_has_still_runs(folder: Path) -> None:
    """It runs alone."""
    stages(folder, memory=10**6, one=("touch one", []))
    running.repro(graph.read("dvc.yaml"))
    assert (folder / "one").exists()


def test_the_log_counts_stages_and_estimates_the_time(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The first run does not know the time. The second run has it from the first; hints of DVC are left out."""
    stages(folder, one=("touch one", []), two=("sleep 2; touch two", ["one"]))
    (folder / ".git").mkdir()
    running.repro(graph.read("dvc.yaml"), 1)
    out = capsys.readouterr().out
    assert re.search(r"^one +done in \d+ s; 1 of 2 stages$", out, re.MULTILINE)
    assert re.search(r"^two +done in \d+ s; 2 of 2 stages$", out, re.MULTILINE)
    assert "dvc push" not in out
    (folder / "dvc.lock").unlink()
    shutil.rmtree(folder / ".dvc/cache")
    running.repro(graph.read("dvc.yaml"), 1)
    assert re.search(r"^one +done in \d+ s; 1 of 2 stages, about \d+ s left$", capsys.readouterr().out, re.MULTILINE)


def test_the_time_left_counts_what_has_run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The longest path counts, without the seconds that its running stage has run. An unknown stage gives no time."""
    now = 100.0
    monkeypatch.setattr(progress.time, "monotonic", lambda: now)
    (folder / ".dvc/tmp/latente").mkdir(parents=True)
    (folder / ".dvc/tmp/latente/seconds.json").write_text('{"a": 10, "b@1": 30, "b@2": 10, "c": 75}')
    above = {"a": set[str](), "b@3": set[str](), "c": {"a", "b@3"}}
    known = progress.Progress(above, above, 2)
    assert str(known) == "0 of 3 stages, about 2 min left"  # 20 s of b, then 75 s of c
    now += 10
    assert str(known) == "0 of 3 stages, about 85 s left"
    known.done("a", 10.0)
    now += 5
    assert str(known) == "1 of 3 stages, about 80 s left"
    known.done("b@3", 15.0)
    known.done("c", 70.0)
    assert str(known) == "3 of 3 stages"
    assert str(progress.Progress(["d"], {"d": set()}, 1)) == "0 of 1 stages"


def test_quiet_shows_only_what_a_failed_stage_said(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A run without errors prints nothing."""
    stages(folder, fine=("echo hello; touch fine", []))
    running.repro(graph.read("dvc.yaml"), 1, quiet=True)
    assert capsys.readouterr().out == ""
    stages(folder, good=("echo hello; touch good", []), bad=("echo no luck; exit 3", ["good"]))
    with pytest.raises(LatenteError, match="stage bad failed"):
        running.repro(graph.read("dvc.yaml"), 1, quiet=True)
    out = capsys.readouterr().out
    assert "no luck" in out
    assert "hello" not in out


@pytest.mark.parametrize("content", ["", "[]", '{"one": "x"}', '{"one": null}'])
def test_a_damaged_file_of_times_is_ignored(folder: Path, content: str) -> None:
    """No estimate is shown, and the run goes on."""
    stages(folder, one=("touch one", []))
    (folder / ".dvc/tmp/latente").mkdir(parents=True)
    (folder / ".dvc/tmp/latente/seconds.json").write_text(content)
    running.repro(graph.read("dvc.yaml"), 1)
    assert "one" in json.loads((folder / ".dvc/tmp/latente/seconds.json").read_text())
