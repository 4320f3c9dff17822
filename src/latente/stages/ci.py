"""Run the pipeline for a pull request, and report to the reviewer what changed from the base revision."""

import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from latente.errors import LatenteError
from latente.project import files, params
from latente.stages import why
from latente.study import compare, rows, state, tables
from latente.study.compare import Comparison, Side
from latente.study.rows import HEADLINES
from latente.study.tree import Commit, Folder, Tree

Fate = Literal["ran", "restored from the cache", "reused"]

_LONGEST = 65_000  # characters; about the limit of a comment on GitHub

_MESSAGES: tuple[tuple[re.Pattern[str], Fate], ...] = (
    (re.compile(r"Running stage '([^']+)'"), "ran"),
    (re.compile(r"Stage '([^']+)' is cached"), "restored from the cache"),
    (re.compile(r"Stage '([^']+)' didn't change"), "reused"),
)


@dataclass(frozen=True)
class Reproduction:
    """What one `dvc repro` did.

    Attributes:
        status: The exit status.
        stages: Stage -> its outcome.
        causes: Stage -> why it had to run, as known before the run.
        tail: The last lines of the output.
    """

    status: int
    stages: Mapping[str, Fate]
    causes: Mapping[str, Sequence[str]]
    tail: str


def reproduce() -> Reproduction:
    """Run `dvc repro`, show its output, and record the outcome of each stage."""
    causes = why.causes()
    command = [*why.DVC, "repro"]
    lines: list[str] = []
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, stdin=subprocess.DEVNULL
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            print(line, end="", flush=True)
            lines.append(line)
    stages = {match[1]: fate for line in lines for message, fate in _MESSAGES if (match := message.match(line))}
    return Reproduction(process.returncode, stages, causes, "".join(lines[-30:]))


def report(done: Reproduction, base: str) -> str:
    """The report in Markdown: parameters, headline metrics, stages, and all metrics.

    Args:
        done: The reproduction.
        base: The git revision to compare with.
    """
    if done.status:
        return f"## `dvc repro` failed\n\n```\n{done.tail}```\n\n{_stages(done)}"
    try:
        comparison = compare.compare(_side(Commit(base)), _side(Folder()), params.load().claims.confidence)
    except LatenteError as error:
        return f"## Reproduced\n\nNo comparison with `{base}`: {error}\n\n{_stages(done)}"
    short = "\n".join([_headlines(comparison, base), _stages(done)])
    whole = "\n".join([short, _details("All metrics", comparison.to_markdown())])
    if len(whole) < _LONGEST:
        return whole
    print(comparison.to_text())
    return f"{short}\nThe table of all metrics is too long for a comment; the log of the job contains it.\n"


def write(output: Path, text: str) -> None:
    """Write Markdown to a file, and under GitHub Actions also to the summary of the job."""
    files.write(output, text.encode())
    if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
        with Path(summary).open("a", encoding="utf-8") as stream:
            stream.write(text)


def _side(tree: Tree) -> Side:
    return Side(tree.name, rows.study(state.load(tree)).rows)


def _headlines(comparison: Comparison, base: str) -> str:
    headlines = [compare.cells(line) for line in comparison.lines if line.metric in HEADLINES]
    differing = [(f"`{name}`", *(value or "–" for value in pair)) for name, pair in comparison.params.items()]
    columns = ["metric", "model", base, "here", "difference", "over seeds"]
    parts = [
        f"## Against `{base}`",
        tables.render("markdown", ["parameter", base, "here"], differing) if differing else "No parameter differs.",
        comparison.count(),
        "### Headline metrics",
        tables.render("markdown", columns, headlines),
    ]
    return "\n\n".join(parts) + "\n"


def _stages(done: Reproduction) -> str:
    count = {fate: list(done.stages.values()).count(fate) for _, fate in _MESSAGES}
    total = ", ".join(f"{number} {fate}" for fate, number in count.items() if number)
    lines = [
        (stage, done.stages.get(stage, "not reached"), "; ".join(causes) or "up to date")
        for stage, causes in done.causes.items()
    ]
    return f"### Stages: {total}\n\n" + _details("Why", tables.render("markdown", ["stage", "outcome", "why"], lines))


def _details(summary: str, content: str) -> str:
    return f"<details><summary>{summary}</summary>\n\n{content}\n\n</details>\n"
