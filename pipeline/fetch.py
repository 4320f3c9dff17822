"""Fetch MNIST."""

from latente import download
from latente.project import paths
from latente.project.params import Params
from latente.stages.stage import Context, stage


@stage
def fetch(context: Context, params: Params) -> None:
    """Fetch the four canonical MNIST files, and check the MD5 of every file."""
    for name, content in download.fetch(params.fetch, say=print).items():
        context.write(paths.raw() / name, content)


if __name__ == "__main__":
    fetch()
