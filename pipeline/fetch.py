"""Fetch the images."""

from pathlib import Path

from latente.project import paths
from latente.project.params import Params
from latente.sources import fetching
from latente.stages.stage import Context, stage


@stage
def fetch(context: Context, params: Params) -> None:
    """Fetch the images of the data set, and check them."""
    context.read(Path(params.data.own))
    for name, content in fetching.fetch(params.data, params.fetch, say=print).items():
        context.write(paths.raw() / name, content)


if __name__ == "__main__":
    fetch()
