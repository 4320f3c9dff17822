"""Fetch the data set that params.yaml names."""

import importlib

from latente.project.sections import Data, Fetch
from latente.sources.known import Files, Say

_SPECS = "latente.sources.specs"


def fetch(data: Data, options: Fetch, say: Say) -> Files:
    """Get the files of a data set, as `latente.data.stored.load` reads them.

    Args:
        data: The name of the spec, and where your own images are.
        options: Sources of a published data set.
        say: Prints a line.

    Raises:
        DataError: The images cannot be fetched or are not valid.
    """
    files: Files = importlib.import_module(f"{_SPECS}.{data.name}").fetch(data, options, say)
    return files
