"""The command `latente`: its commands and options, its errors in one line, its exit statuses, and how fast it starts."""

import json
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from latente import cli
from latente.errors import LatenteError, ParamsError
from latente.stages import versions, why
from tests.support import ROOT, environment

OPTIONS = {
    "params": [],
    "schema": [],
    "versions": [],
    "why": [],
    "repro": ["TARGET", "--jobs"],
    "survey": [],
    "publish": ["--rev"],
    "compare": ["A", "B", "--markdown"],
    "sweep": ["KEY", "--metric", "--output"],
    "ci": ["--base", "--output"],
}
"""Command -> its arguments and options."""


def run(*arguments: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    """Exit status, output and errors of a command."""
    try:
        cli.main(arguments)
    except SystemExit as ended:
        status = ended.code
    else:
        status = 0
    assert isinstance(status, int)
    return status, *capsys.readouterr()


def test_the_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    """With and without `--help`."""
    for arguments in ([], ["--help"]):
        status, out, _ = run(*arguments, capsys=capsys)
        assert status == 0
        listed = {line.strip("│ ").split(" ")[0] for line in out.splitlines() if line.startswith("│")}
        assert listed >= OPTIONS.keys()


@pytest.mark.parametrize("command", list(OPTIONS))
def test_the_help_of_a_command_names_its_options(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """It begins with the sentence of the docstring."""
    status, out, _ = run(command, "--help", capsys=capsys)
    assert status == 0
    words = out.replace("│", " ").split()
    assert set(OPTIONS[command]) <= set(words)
    assert not any(word.startswith(("--no-", "--empty-")) for word in words)
    summary = str(cli.app[command].default_command.__doc__).splitlines()[0]
    assert summary.split()[:4] == words[words.index(summary.split()[0]) :][:4]


def test_the_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    """As pyproject.toml has it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert run("--version", capsys=capsys) == (0, f"{project['version']}\n", "")


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["repor"], 'Unknown command "repor". Did you mean "repro"?'),
        (["robustness"], 'Unknown command "robustness". Available commands: '),
        (["--verison"], 'Unknown option "--verison".'),
        (["repro", "--job", "2"], "Unknown option: --job. Did you mean --jobs?"),
        (["publish", "--revision", "main"], "Unknown option: --revision."),
        (["params", "params.yaml"], "Unexpected argument: params.yaml."),
        (["repro", "--jobs"], 'Command "repro" parameter --jobs requires an argument.'),
        (["repro", "--jobs", "0"], "Invalid value for --jobs: 0: expected a whole number from 1"),
        (["repro", "--jobs", "two"], "Invalid value for --jobs: two: expected a whole number from 1"),
        (["sweep"], 'Command "sweep" parameter KEY requires an argument.'),
        (["compare", "ae-0"], 'Command "compare" parameter B requires an argument.'),
    ],
)
def test_a_wrong_command_line_is_one_line(arguments: list[str], error: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit status 2; the line names the word that is wrong, and the nearest one that exists."""
    status, out, err = run(*arguments, capsys=capsys)
    assert (status, out) == (2, "")
    assert err.startswith(f"latente: {error}")
    assert err.count("\n") == 1


@pytest.mark.parametrize(("error", "expected"), [(LatenteError("no luck"), 1), (ParamsError("no luck"), 2)])
def test_an_error_that_the_user_can_fix_has_no_traceback(
    error: LatenteError, expected: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its message alone, and the exit status of its class."""

    def fail() -> None:
        raise error

    monkeypatch.setattr(why, "causes", fail)
    assert run("why", capsys=capsys) == (expected, "", "no luck\n")


def test_a_fault_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error in our code is not hidden."""

    def fail() -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(why, "causes", fail)
    with pytest.raises(ZeroDivisionError):
        cli.main(["why"])


def test_ctrl_c_exits_with_130(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """As a shell reports it, without a traceback."""

    def interrupt() -> None:
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(why, "causes", interrupt)
    assert run("why", capsys=capsys) == (130, "", "")


def test_commands_pass_on_their_options(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`repro` takes a target and a number of jobs, in either spelling."""
    from latente.stages import running  # noqa: PLC0415

    calls: list[tuple[str, int]] = []
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(running, "repro", lambda target, jobs: calls.append((target, jobs)))
    for arguments in (["--jobs", "3"], ["--jobs=3"], ["survey/dvc.yaml", "--jobs", "2"]):
        assert run("repro", *arguments, capsys=capsys)[0] == 0
    assert calls == [("dvc.yaml", 3), ("dvc.yaml", 3), ("survey/dvc.yaml", 2)]


def test_versions_are_written(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """`latente versions` is what `make lock` calls."""
    calls: list[int] = []
    monkeypatch.setattr(versions, "write", lambda: calls.append(1))
    assert run("versions", capsys=capsys) == (0, "", "")
    assert calls == [1]


def test_a_sweep_over_what_is_no_number_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """Before the store is asked."""
    status, _, err = run("sweep", "models.vae.beta=0.25,x", capsys=capsys)
    assert (status, err) == (1, "models.vae.beta=0.25,x: expected numbers after =, with commas between them\n")


def test_the_command_starts_without_heavy_packages() -> None:
    """The help imports neither torch nor mlflow nor pandas, so that it is there at once."""
    script = (
        "import json, sys\n"
        "from latente.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "print(json.dumps(sorted(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    packages = {name.partition(".")[0] for name in json.loads(done.stdout.splitlines()[-1])}
    assert not packages & {"torch", "mlflow", "pandas", "numpy", "scipy", "sklearn", "matplotlib", "dvc", "pydantic"}


def test_the_installed_program_reports_a_wrong_command() -> None:
    """A real process: one line on standard error, and exit status 2."""
    program = Path(sys.executable).with_name("latente")
    done = subprocess.run(
        [program, "--nonsense"], env=environment(), cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith('latente: Unknown option "--nonsense".')
    assert done.stderr.count("\n") == 1
