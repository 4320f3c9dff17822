"""The study with changes of params.yaml, in a clone of the project: its claims, from committed rules.

The clone shares the DVC cache, so a second call runs only what an interrupted call did not finish. It has its own
tracking store, and its study is not published.
"""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ruamel.yaml import YAML

from latente.determinism import canonical
from latente.errors import LatenteError
from latente.evidence import confirmation
from latente.project import changes, files, params, paths, reading
from latente.project.sections import OF_YOUR_OWN
from latente.results import records
from latente.stages import schema
from latente.stages.why import DVC
from latente.study import provenance

_FROZEN = tuple(
    map(Path, ("params.yaml", "claims.yaml", "versions.yaml", "dvc.yaml", "src", "pipeline", "reports/survey.json"))
)
"""What decides a result. The clone has the committed content of these files and folders."""

_REPRO = (sys.executable, "-c", "from latente.cli import main; main(['repro', 'claims'])")
"""The verdicts need neither the pages nor a row in MLflow."""

NOTHING: dict[str, object] = {"claims": {}}
"""The result of no study, and the confirmation that the clone starts with, so that its stages are always the same."""


def decide(items: Sequence[str], file: Path, wanted: Collection[str] = ()) -> bool:
    """Test the committed rules on the study with some changes, and write the result.

    Args:
        items: Changes of params.yaml, in the form `key=value`.
        file: For the result, as `confirmation.gather` returns it, and the commit that ran.
        wanted: Full names of numbers that the result keeps too.

    Returns:
        Whether the file changed; it keeps its commit if the results are the same.

    Raises:
        LatenteError: The rules are not committed, an item is wrong, or a stage failed.
    """
    study = params.load()
    claims = params.rules(study.claims)
    schema.check(study, claims)
    sections = {name: getattr(study, name) for name in changes.SECTIONS}
    digests = confirmation.digests(changes.changed(sections, items))
    commit = _commit()
    with _clone(commit) as folder:
        _prepare(folder, items)
        _repro(folder, file)
        decided = _json(folder / paths.metrics("claims"))["claims"]
        kept = {"numbers": {name: _number(folder, name) for name in sorted(wanted)}} if wanted else {}
    return _write(file, confirmation.gather(decided, claims, items, digests) | kept, commit)


def _commit() -> str:
    """The commit of the rules.

    Raises:
        LatenteError: There is no commit, or a file of `_FROZEN` differs from it.
    """
    differing, commit = provenance.uncommitted(*_FROZEN), provenance.tags()["commit"]
    if differing is None or commit == "unknown":
        raise LatenteError("this needs a git repository with a commit, because the commit fixes the rules")
    if differing:
        raise LatenteError(f"not committed: {', '.join(differing)}; a commit fixes the rules: commit, then run again")
    return commit


@contextmanager
def _clone(commit: str) -> Iterator[Path]:
    """The project in a temporary clone of a commit, on the disk of the DVC cache."""
    scratch, prefix = Path(".dvc/tmp").resolve(), provenance.prefix()
    scratch.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="study-", dir=scratch) as name:
        _run("git", "clone", "--quiet", "--no-checkout", _run("git", "rev-parse", "--show-toplevel"), name)
        _run("git", "-C", name, "checkout", "--quiet", "--detach", commit)
        yield Path(name, prefix)


def _prepare(folder: Path, items: Sequence[str]) -> None:
    """Let the clone share the cache and the settings of DVC, and change its study."""
    own = Path(".dvc/config.local")
    if own.exists():
        shutil.copy(own, folder / own)
    _run(*DVC, "cache", "dir", "--local", _run(*DVC, "cache", "dir"), folder=folder)
    file = folder / paths.params()
    document = reading.read(file, fast=True)  # without comments: beside a changed list, they can break the file
    for item in items:
        changes.apply(document, item)
    if document["data"]["name"] in OF_YOUR_OWN:
        document["data"]["own"] = str(Path(document["data"]["own"]).resolve())  # git does not have these images
    document["claims"]["confirm"] = []  # the clone may have the seeds of the confirmation
    YAML().dump(document, file)
    files.write(folder / paths.confirmation(), canonical.to_json(NOTHING))


def _repro(folder: Path, file: Path) -> None:
    """Run the stages of the clone.

    Raises:
        LatenteError: A stage failed.
        KeyboardInterrupt: The user stopped the run; all stages have ended.
    """
    code = os.pathsep.join(filter(None, [str(folder / "src"), os.environ.get("PYTHONPATH")]))
    own = {"MLFLOW_TRACKING_URI": f"sqlite:///{folder / 'mlflow.db'}", "PYTHONPATH": code}
    # In its own session, so that Ctrl-C does not reach it twice.
    with subprocess.Popen(_REPRO, cwd=folder, env=os.environ | own, start_new_session=True) as process:
        status = _ended(process)
    if status == 130:
        raise KeyboardInterrupt
    if status:
        raise LatenteError(f"the changed study failed; {file} has not changed")


def _ended(process: subprocess.Popen[Any]) -> int:
    """Wait for the end of a process, and pass every Ctrl-C on to it."""
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            process.send_signal(signal.SIGINT)


def _number(folder: Path, name: str) -> dict[str, Any]:
    """The values of a metric by seed, and its values without each group of images.

    Raises:
        LatenteError: The changed study did not measure it.
    """
    analysis, subject, metric = name.split(".", 2)
    measured = paths.metrics(analysis)
    values = records.read(analysis, _json(folder / measured)).get(name) if (folder / measured).exists() else None
    if values is None:
        raise LatenteError(f"{paths.params()}: a rule names {name} of another study, which did not measure it")
    stored = _json(folder / paths.replicates(analysis)).get(subject, {})
    left_out = {seed: stored[seed][metric] for seed in values if metric in stored.get(seed, {})}
    return {"values": values, "replicates": left_out}


def _write(file: Path, result: Mapping[str, Any], commit: str) -> bool:
    stored = _json(file) if file.exists() else NOTHING
    if {name: value for name, value in stored.items() if name != "commit"} == result:
        return False
    files.write(file, canonical.to_json({**result, "commit": commit}))
    return True


def _json(file: Path) -> Any:
    return canonical.from_json(file.read_bytes(), file)


def _run(*command: str, folder: Path | None = None) -> str:
    """Run a short command, and return its output.

    Raises:
        LatenteError: It failed; the error has its message.
    """
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    if done.returncode:
        raise LatenteError(f"{' '.join(command)} failed: {done.stderr.strip()}")
    return done.stdout.strip()
