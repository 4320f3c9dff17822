"""`dvc repro` that runs independent stages at the same time.

DVC runs one stage after another, but several DVC processes can work in one folder. A process locks the project only
while it checks or saves files. While its stage runs, it locks only the inputs and outputs of this stage.
"""

import os
from contextlib import nullcontext

from latente.stages.forkserver import starting
from latente.stages.graph import Graph
from latente.stages.progress import LOG, shown

_WARM = 4
"""From this number of stages on, a fork server saves more time than its own start takes."""


def repro(pipeline: Graph, jobs: int | None = None, *, quiet: bool = False) -> None:
    """Run the stages of a pipeline that are not up to date, several at the same time.

    Args:
        pipeline: The stages of a dvc.yaml.
        jobs: Largest number of stages that run at the same time. By default, only threads and memory limit it.
        quiet: Show only the output of a stage that failed.

    Raises:
        LatenteError: A stage failed. The stages that ran beside it have ended, and no other stage has started.
    """
    stale = pipeline.stale()
    with shown(quiet=quiet):
        if stale:
            from latente.stages import engine  # noqa: PLC0415 (Dask is slow to import)

            with starting.server() if len(stale) >= _WARM else nullcontext(dict(os.environ)) as environment:
                engine.run(pipeline, stale, jobs, environment)
        LOG.info("%s: all %d stages are up to date", pipeline.target, len(pipeline.above))
