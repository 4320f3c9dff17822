"""Commands and a tiny study: cold, and from the fork server. The outputs must be the same bytes."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks import rounds, studies, text
from benchmarks.rounds import Times
from benchmarks.studies import Study
from latente.project import paths, reading
from latente.stages.forkserver import client, starting
from latente.study import tables

_COLD = {client.SERVER: client.OFF}

_COMMANDS = {
    "stage claims": ("python", "-m", "pipeline.claims", "--help"),
    "stage train": ("python", "-m", "pipeline.train", "--help"),
    "stage manifold": ("python", "-m", "pipeline.manifold", "--help"),
    "latente --help": ("latente", "--help"),
    "latente params": ("latente", "params"),
    "latente why": ("latente", "why"),
    "dvc status": ("dvc", "status", "dvc.yaml"),
    "dvc repro, nothing to do": ("dvc", "repro"),
    "latente repro, nothing to do": ("latente", "repro"),
}


@dataclass(frozen=True)
class Starts:
    """Times of a tiny study, and of commands after it, cold and warm."""

    studies: Mapping[str, Study]
    commands: Mapping[str, Times]


def measure() -> Starts:
    """Run the tiny study in two copies, and time the commands in the second one.

    Raises:
        RuntimeError: The studies differ in a byte.
    """
    with studies.copy(studies.TINY, claims=False) as cold, studies.copy(studies.TINY, claims=False) as warm:
        found = {"cold": studies.timed(cold, **_COLD), "warm": studies.timed(warm)}
        if reading.read(cold / paths.lock(), fast=True) != reading.read(warm / paths.lock(), fast=True):
            raise RuntimeError("the cold and the warm study differ")
        return Starts(found, _commands(warm))


def _commands(folder: Path) -> dict[str, Times]:
    with starting.server() as variables:
        while not Path(json.loads(variables[client.SERVER])["socket"]).exists():
            time.sleep(0.1)
        kinds = {"cold": _COLD, "warm": variables}
        return {
            name: rounds.interleaved(
                {kind: partial(studies.run, folder, *command, **chosen) for kind, chosen in kinds.items()}, 3
            )
            for name, command in _COMMANDS.items()
        }


def to_markdown(starts: Starts) -> str:
    """The part of docs/performance.md about starts."""
    cold, warm = starts.studies["cold"], starts.studies["warm"]
    stages = [
        [stage, f"{sum(seconds):.1f}", f"{sum(warm.cores[stage]):.1f}"] for stage, seconds in sorted(cold.cores.items())
    ]
    commands = [
        [name, rounds.spread(times["cold"]), rounds.spread(times["warm"]), rounds.ratio(times["cold"], times["warm"])]
        for name, times in starts.commands.items()
    ]
    return "\n\n".join(
        [
            "## Starts",
            text.paragraph(
                "A cold command imports its packages; a warm one is forked from a process that has imported them.",
                "Seconds are of the whole process: the median and the range of three runs, for two models and two",
                "seeds on few images. A person's `latente repro` is itself cold; the stages that it starts are warm.",
            ),
            tables.render("markdown", ["command", "cold (s)", "warm (s)", "times as fast"], commands),
            text.paragraph(
                f"This tiny study takes {cold.seconds:.0f} s cold and **{warm.seconds:.0f} s** warm, with the same",
                "bytes. The next table has the processor seconds of its stages, without DVC. The first stages start",
                "before the fork server is ready, so they are cold in both studies.",
            ),
            tables.render("markdown", ["stage", "cold", "warm"], stages),
        ]
    )
