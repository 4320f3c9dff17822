"""The sections of params.yaml that belong to no single model and no single analysis."""

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from latente.project.types import Items, Name, Rate, Section, Seed, Text


class Study(Section):
    """What the study compares: every model, trained once from every seed."""

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
    """Sources of the images, in the order to try them."""

    sources: Items[Literal["folder", "mirrors", "index"]]
    folder: str | None


class Split(Section):
    """Number of images in each part; the split is stratified by class.

    With `pool`, the test images are drawn from all 70,000 images; without it, from the canonical test images.
    """

    train: Annotated[int, Field(ge=200, le=60_000)]
    validation: Annotated[int, Field(ge=50, le=60_000)]
    judge: Annotated[int, Field(ge=200, le=60_000)]
    test: Annotated[int, Field(ge=100, le=10_000)]
    pool: bool
    seed: Seed

    @model_validator(mode="after")
    def _fits(self) -> "Split":
        if self.train + self.validation + self.judge > 60_000:
            raise PydanticCustomError("fits", "train + validation + judge must not exceed the 60,000 training images")
        return self


class Compute(Section):
    """Number of threads. It is a parameter of the study because sums of floats depend on it."""

    threads: Annotated[int, Field(ge=1, le=256)]


class Tracking(Section):
    """Whether a stage fails when MLflow's store fails. If not, the stage prints a message and keeps its results."""

    required: bool


class Judge(Section):
    """Training of the judge, the networks that score generated digits.

    The seeds of the networks are `seed`, `seed + 1` and so on. The judge accepts the share `accept` of the validation
    images: this share sets its threshold.
    """

    networks: Annotated[int, Field(ge=1, le=100)]
    accept: Annotated[float, Field(gt=0, lt=1)]
    epochs: Annotated[int, Field(ge=1, le=1000)]
    batch_size: Annotated[int, Field(ge=2, le=60_000)]
    learning_rate: Rate
    seed: Seed


class Train(Section):
    """Training of every model, and the layer widths of the encoder; the decoder mirrors them.

    `bf16` rounds the factors of every matrix product to bfloat16, if the processor supports such products. Everything
    else stays in float32, weights and sums included. The device `auto` is a GPU if torch finds one.
    """

    epochs: Annotated[int, Field(ge=1, le=10_000)]
    batch_size: Annotated[int, Field(ge=1, le=60_000)]
    learning_rate: Rate
    hidden: Items[Annotated[int, Field(ge=1, le=65_536)]]
    precision: Literal["fp32", "bf16"]
    device: Literal["auto", "cpu", "cuda"]


class Encode(Section):
    """Seed of the posterior samples; every image has one sample."""

    seed: Seed


class Compared(Section):
    """A named number: a sum of metrics, in the syntax of `latente.evidence.expressions.parse`."""

    name: Text
    estimate: Text


class Rule(Compared):
    """A number with exactly one bound. `above` and `below` exclude the bound; `within` bounds the absolute value.

    A bound that is not 0 needs a `reason`: a value from outside the study, the value of a null model, or the difference
    between two seeds.
    """

    at_least: float | None = None
    at_most: float | None = None
    above: float | None = None
    below: float | None = None
    within: Annotated[float, Field(gt=0)] | None = None
    reason: Text | None = None

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
        tests: Numbers with their rules.
        beside: Numbers that the report shows, but that decide nothing.
        survey: The number of the first test, under other settings of the study; the same rule applies.
    """

    sentence: Text
    thesis: bool
    tests: Items[Rule]
    beside: Annotated[tuple[Compared, ...], Field(strict=False)] = ()
    survey: Annotated[tuple[Compared, ...], Field(strict=False)] = ()


class Claims(Section):
    """The claims that the study tests. The history of git shows when a rule was written.

    Attributes:
        confidence: Of every interval.
        confirm: Changes of the study, `key=value`, with which `latente confirm` tests the claims a second time.
        tested: Name -> claim.
    """

    confidence: Annotated[float, Field(gt=0.5, lt=1)]
    confirm: Annotated[tuple[Text, ...], Field(strict=False)] = ()
    tested: dict[Name, Claim]
