"""The sections of params.yaml that belong to no single model and no single analysis."""

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from latente.project.types import Items, Name, Rate, Section, Seed, Text


class Study(Section):
    """What is compared: every model, trained once from every seed."""

    models: Items[Name]
    seeds: Items[Seed]
    latent_dim: Annotated[int, Field(ge=1, le=784)]

    @field_validator("models", "seeds")
    @classmethod
    def _distinct(cls, values: tuple[object, ...]) -> tuple[object, ...]:
        if len(set(values)) < len(values):
            raise PydanticCustomError("distinct", "Items must be distinct")
        return values


class Fetch(Section):
    """Where the images come from, in the order tried."""

    sources: Items[Literal["folder", "mirrors", "index"]]
    folder: str | None


class Split(Section):
    """How many images each part has; the split is stratified by class."""

    train: Annotated[int, Field(ge=200, le=60_000)]
    validation: Annotated[int, Field(ge=50, le=60_000)]
    test: Annotated[int, Field(ge=100, le=10_000)]
    seed: Seed

    @model_validator(mode="after")
    def _fits(self) -> "Split":
        if self.train + self.validation > 60_000:
            raise PydanticCustomError("fits", "train + validation must not exceed the 60,000 training images")
        return self


class Compute(Section):
    """How the arithmetic runs; part of the study because the sum of floats depends on it."""

    threads: Annotated[int, Field(ge=1, le=256)]


class Tracking(Section):
    """Whether a stage fails if MLflow's store does; otherwise that is said, and the results stand."""

    required: bool


class Judge(Section):
    """Training of the classifier that scores generated digits."""

    epochs: Annotated[int, Field(ge=1, le=1000)]
    batch_size: Annotated[int, Field(ge=2, le=60_000)]
    learning_rate: Rate
    seed: Seed


class Train(Section):
    """Training of every model, and the widths of the encoder that the decoder mirrors.

    With `bf16` the factors of every product are rounded to bfloat16, where the processor can multiply such numbers;
    weights, sums and everything else stay in float32. The device `auto` is a GPU if torch finds one.
    """

    epochs: Annotated[int, Field(ge=1, le=10_000)]
    batch_size: Annotated[int, Field(ge=1, le=60_000)]
    learning_rate: Rate
    hidden: Items[Annotated[int, Field(ge=1, le=65_536)]]
    precision: Literal["fp32", "bf16"]
    device: Literal["auto", "cpu", "cuda"]


class Encode(Section):
    """The one sample of every image's posterior."""

    seed: Seed


class Compared(Section):
    """A number with a name: metrics added and subtracted, as `latente.evidence.expressions.parse` reads them."""

    name: Text
    estimate: Text


class Rule(Compared):
    """A number that must obey exactly one of five bounds; `above` and `below` exclude the bound itself."""

    at_least: float | None = None
    at_most: float | None = None
    above: float | None = None
    below: float | None = None
    within: Annotated[float, Field(gt=0)] | None = None

    @model_validator(mode="after")
    def _one_bound(self) -> "Rule":
        if len(self.bound) != 1:
            raise PydanticCustomError("bound", "Give exactly one of at_least, at_most, above, below and within")
        return self

    @property
    def bound(self) -> dict[str, float]:
        """The kind of bound that is given -> its value."""
        given = self.model_dump(include={"at_least", "at_most", "above", "below", "within"}, exclude_none=True)
        return {kind: float(value) for kind, value in given.items()}


class Claim(Section):
    """A sentence, and the tests that decide whether it is supported.

    Attributes:
        sentence: What is claimed.
        thesis: Whether the thesis makes this claim.
        tests: Numbers with their rules.
        beside: Numbers that are shown but decide nothing.
        survey: The number of the first test under other settings of the study; the same rule applies.
    """

    sentence: Text
    thesis: bool
    tests: Items[Rule]
    beside: Annotated[tuple[Compared, ...], Field(strict=False)] = ()
    survey: Annotated[tuple[Compared, ...], Field(strict=False)] = ()


class Claims(Section):
    """What the study tests, by rules that are fixed before it runs."""

    confidence: Annotated[float, Field(gt=0.5, lt=1)]
    tested: dict[Name, Claim]
