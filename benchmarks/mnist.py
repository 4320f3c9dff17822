"""The images of all benchmarks, because published numbers are on MNIST."""

from latente.data import description, stored
from latente.data.images import Images
from latente.errors import DataError
from latente.project import paths


def load() -> tuple[Images, Images]:
    """The 60,000 training images and the 10,000 test images, in their canonical order.

    Raises:
        DataError: The project has another data set.
    """
    images, test = stored.load(paths.raw())
    if test is None or description.load(paths.raw()).name != "mnist":
        raise DataError(f"{paths.raw()}: not MNIST; set data.name to mnist in params.yaml, and run `dvc repro fetch`")
    return images, test
