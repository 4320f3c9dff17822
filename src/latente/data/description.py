"""What a fetched data set holds: the file data.json beside its images."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import Field, ValidationError

from latente.errors import DataError, one_line
from latente.project.sections import Schedule
from latente.project.types import Count, Section, Text

FILE = "data.json"

S = TypeVar("S", bound=Schedule)

Classes = Annotated[tuple[int, ...], Field(strict=False)]


class Sizes(Section):
    """Number of images in each part."""

    train: Count
    validation: Count
    judge: Count
    test: Count


class Epochs(Section):
    """Number of epochs of the models and of the judge."""

    train: Count
    judge: Count


class Description(Section):
    """A data set.

    Attributes:
        name: Of its spec.
        title: For the reader.
        noun: What an image shows, such as `digit`.
        nouns: Its plural.
        classes: Names of the classes, in the order of their numbers; a single one if the images have no labels.
        side: Of an image, in pixels; all images are square.
        split: Number of images in each part, where `split` in params.yaml says `auto`.
        epochs: Where the parameters say `auto`.
        upside_down: Classes that show no such thing upside down.
        turned: Classes that show no such thing in a mirror, or after a quarter turn.
        notes: What reading changed in the images, as sentences.
        md5: Name of each file of images or labels -> its MD5.
    """

    name: Text
    title: Text
    noun: Text
    nouns: Text
    classes: Annotated[tuple[Text, ...], Field(strict=False, min_length=1, max_length=256)]
    side: Annotated[int, Field(ge=8, multiple_of=4)]
    split: Sizes
    epochs: Epochs
    upside_down: Classes = ()
    turned: Classes = ()
    notes: Annotated[tuple[Text, ...], Field(strict=False)] = ()
    md5: dict[str, str] = Field(default_factory=dict)

    def named(self, classes: Sequence[int]) -> list[str]:
        """The names of some classes."""
        return [self.classes[index] for index in classes]


def lasting(schedule: S, epochs: int) -> S:
    """The same schedule; if its epochs are `auto`, with this number of epochs."""
    return schedule.model_copy(update={"epochs": epochs}) if schedule.epochs == "auto" else schedule


def load(folder: Path) -> Description:
    """Read the description of the images in a folder.

    Raises:
        DataError: There is no description, or it is not valid.
    """
    file = folder / FILE
    try:
        return Description.model_validate_json(file.read_bytes())
    except FileNotFoundError:
        raise DataError(f"{file}: no such file; run `dvc repro fetch`") from None
    except ValidationError as error:
        raise DataError(f"{file}: {one_line(error)}; delete it and run `dvc repro fetch`") from error
