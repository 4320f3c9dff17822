"""Fetch MNIST."""

from latente import paths
from latente.data import sources
from latente.params import Params
from latente.stage import Run, stage


@stage
def fetch(run: Run, params: Params) -> None:
    """Fetch the four canonical MNIST files, each checked against its MD5."""
    for name, content in sources.fetch(params.fetch, say=print).items():
        run.write(paths.raw() / name, content)


if __name__ == "__main__":
    fetch()
