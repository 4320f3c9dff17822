"""The command `latente`: its options, its one-line errors, its exit statuses, and its start without heavy packages."""

import json
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from latente import cli
from latente.errors import LatenteError, ParamsError
from latente.project import files
from latente.stages import versions, why
from tests.support import ROOT, environment

OPTIONS = {
    "params": [],
    "schema": [],
    "versions": [],
    "why": [],
    "repro": ["TARGET", "--jobs", "--quiet"],
    "survey": [],
    "confirm": [],
    "study": ["NAMES"],
    "explore": [],
    "publish": ["--rev"],
    "compare": ["A", "B", "--markdown"],
    "sweep": ["KEY", "--metric", "--output"],
    "ci": ["--base", "--output"],
}
"""Command -> its arguments and options."""


def run(*arguments: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    """Run a command; its exit status, standard output and standard error."""
    try:
        cli.main(arguments)
    except SystemExit as ended:
        status = ended.code
    else:
        status = 0
    assert isinstance(status, int)
    return status, *capsys.readouterr()


def test_the_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    """`latente` and `latente --help` print the same list."""
    for arguments in ([], ["--help"]):
        status, out, _ = run(*arguments, capsys=capsys)
        assert status == 0
        listed = {line.strip("│ ").split(" ")[0] for line in out.splitlines() if line.startswith("│")}
        assert listed >= OPTIONS.keys()


@pytest.mark.parametrize("command", list(OPTIONS))
def test_the_help_of_a_command_names_its_options(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The help of a command also contains the first words of its docstring."""
    status, out, _ = run(command, "--help", capsys=capsys)
    assert status == 0
    words = out.replace("│", " ").split()
    assert set(OPTIONS[command]) <= set(words)
    assert not any(word.startswith(("--no-", "--empty-")) for word in words)
    summary = str(cli.app[command].default_command.__doc__).splitlines()[0]
    assert summary.split()[:4] == words[words.index(summary.split()[0]) :][:4]


def test_the_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    """`latente --version` prints the version that pyproject.toml states."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert run("--version", capsys=capsys) == (0, f"{project['version']}\n", "")


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["repor"], "Unknown command: repor. Did you mean repro?"),
        (["robustness"], f"Unknown command: robustness. Known: {', '.join(OPTIONS)}."),
        (["--verison"], "Unknown option: --verison. Did you mean --version?"),
        (["-x"], "Unknown option: -x. Known: --help, "),
        (["repro", "--job", "2"], "Unknown option: --job. Did you mean --jobs?"),
        (["publish", "--nonsense", "main"], "Unknown option: --nonsense. See: latente publish --help"),
        (["params", "params.yaml"], "Unexpected argument: params.yaml. See: latente params --help"),
        (["repro", "--jobs"], "Missing value for --jobs. See: latente repro --help"),
        (["repro", "--jobs", "0"], "Invalid value for --jobs: 0: expected a whole number of at least 1"),
        (["repro", "--jobs", "two"], "Invalid value for --jobs: two: expected a whole number of at least 1"),
        (["sweep"], "Missing value for KEY. See: latente sweep --help"),
        (["sweep", "models.vae.beta", "--metric"], "Missing value for --metric. See: latente sweep --help"),
        (["compare"], "Missing value for A. See: latente compare --help"),
        (["compare", "ae-0"], "Missing value for B. See: latente compare --help"),
    ],
)
def test_a_wrong_command_line_is_one_line(arguments: list[str], error: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The exit status is 2. The line contains the wrong word, and the nearest known name or the help to read."""
    status, out, err = run(*arguments, capsys=capsys)
    assert (status, out) == (2, "")
    assert err.startswith(f"latente: {error}")
    assert err.count("\n") == 1


@pytest.mark.parametrize(("error", "expected"), [(LatenteError("no luck"), 1), (ParamsError("no luck"), 2)])
def test_an_error_that_the_user_can_fix_has_no_traceback(
    error: LatenteError, expected: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command prints only the message, and exits with the status of the error's class."""

    def fail() -> None:
        raise error

    monkeypatch.setattr(why, "causes", fail)
    assert run("why", capsys=capsys) == (expected, "", "no luck\n")


def test_a_fault_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command does not hide an error in our own code."""

    def fail() -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(why, "causes", fail)
    with pytest.raises(ZeroDivisionError):
        cli.main(["why"])


def test_ctrl_c_exits_with_130(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """130 is the status that a shell reports for Ctrl-C; no traceback appears."""

    def interrupt() -> None:
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(why, "causes", interrupt)
    assert run("why", capsys=capsys) == (130, "", "")


def test_commands_pass_on_their_options(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`repro` accepts a target, a number of jobs as `--jobs 3` or `--jobs=3`, and `--quiet`. It publishes the study."""
    from latente.stages import running  # noqa: PLC0415 (slow to import, and only needed here)

    calls: list[tuple[str, int | None, bool]] = []
    published: list[bool] = []
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(running, "repro", lambda graph, jobs, quiet: calls.append((graph.target, jobs, quiet)))
    monkeypatch.setattr(cli, "_publish", lambda *, quiet: published.append(quiet))
    for arguments in ([], ["--jobs", "3", "--quiet"], ["--jobs=3"], ["survey/dvc.yaml"]):
        assert run("repro", *arguments, capsys=capsys)[0] == 0
    assert calls == [
        ("dvc.yaml", None, False),
        ("dvc.yaml", 3, True),
        ("dvc.yaml", 3, False),
        ("survey/dvc.yaml", None, False),
    ]
    assert published == [False, True, False]  # the survey is not the study


def test_the_explorer_opens_in_the_browser(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Git has no page, so a missing page names the commands that bring it."""
    opened: list[str] = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("webbrowser.open", opened.append)
    status, _, err = run("explore", capsys=capsys)
    assert (status, opened) == (1, [])
    assert "dvc repro explore" in err
    files.write(tmp_path / "reports/explore.html", b"page")
    assert run("explore", capsys=capsys) == (0, "reports/explore.html\n", "")
    assert opened == [(tmp_path / "reports/explore.html").as_uri()]


def test_versions_are_written(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """`make lock` calls `latente versions`."""
    calls: list[int] = []
    monkeypatch.setattr(versions, "write", lambda: calls.append(1))
    assert run("versions", capsys=capsys) == (0, "", "")
    assert calls == [1]


def test_a_sweep_refuses_a_value_that_is_not_a_number(capsys: pytest.CaptureFixture[str]) -> None:
    """The command checks the values before it reads the store."""
    status, _, err = run("sweep", "models.vae.beta=0.25,x", capsys=capsys)
    assert (status, err) == (1, "models.vae.beta=0.25,x: expected numbers after =, separated by commas\n")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shell_can_complete_the_commands(
    shell: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--install-completion` writes a script for the shell; the script names every command and option."""
    script = tmp_path / "completion"
    monkeypatch.setenv("HOME", str(tmp_path))
    status, out, err = run("--install-completion", "--shell", shell, "--output", str(script), capsys=capsys)
    assert (status, err) == (0, "")
    assert str(script) in out
    text = script.read_text()
    for command, options in OPTIONS.items():
        assert command in text
        assert all(option.lstrip("-") in text for option in options if option.startswith("--"))


def test_the_command_starts_without_heavy_packages() -> None:
    """The help imports neither torch nor mlflow nor pandas, so it appears at once."""
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
    """A real process prints one line on standard error, and exits with status 2."""
    program = Path(sys.executable).with_name("latente")
    done = subprocess.run(
        [program, "--nonsense"], env=environment(), cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("latente: Unknown option: --nonsense.")
    assert done.stderr.count("\n") == 1
