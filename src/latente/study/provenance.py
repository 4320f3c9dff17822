"""The commit and the DVC experiment of a run."""

import os
import subprocess
from pathlib import Path

# Files that DVC and the stages write do not make the tree dirty.
_WRITTEN = (":(exclude)dvc.lock", ":(exclude)reports", ":(exclude)data")


def tags() -> dict[str, str]:
    """Commit, and whether the tree differed from it; `unknown` outside a git repository."""
    commit = _git("rev-parse", "HEAD")
    changes = _git("status", "--porcelain", "--", ".", *_WRITTEN)
    return {
        "commit": commit or "unknown",
        "dirty": "unknown" if changes is None else str(bool(changes)).lower(),
    }


def uncommitted(*files: Path) -> list[str] | None:
    """The changed and new files among these files and folders, sorted; None outside a git repository."""
    changes = _git("status", "--porcelain", "--", *map(str, files))
    return None if changes is None else sorted(line.split(maxsplit=1)[1] for line in changes.splitlines())


def experiment(commit: str | None = None) -> dict[str, str]:
    """The name of the running DVC experiment, or of the experiment with this commit. Empty if there is none."""
    if commit is None:
        name = os.environ.get("DVC_EXP_NAME", "")
    else:
        name = _git("for-each-ref", "--points-at", commit, "--format=%(refname:lstrip=4)", "refs/exps") or ""
    return {"dvc.exp": name.splitlines()[0]} if name else {}


def prefix() -> str:
    """The path of the project within its git repository, with a slash at its end; empty at the repository's root."""
    return _git("rev-parse", "--show-prefix") or ""


def _git(*arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()
