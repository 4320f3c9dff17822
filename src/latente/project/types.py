"""The base class of a section of params.yaml, and the types of its fields."""

from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

Seed = Annotated[int, Field(ge=0, lt=2**32)]
Count = Annotated[int, Field(ge=1)]
Rate = Annotated[float, Field(gt=0, le=1)]
Share = Annotated[float, Field(ge=0, le=1)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Text = Annotated[str, Field(min_length=1)]

_MOST = 10_000_000


def _count_or_auto(value: object) -> object:
    """One message for both alternatives; pydantic has one for each."""
    if value == "auto" or (type(value) is int and 1 <= value <= _MOST):
        return value
    raise PydanticCustomError(
        "auto", "Input should be auto, or a whole number from 1 to {most}", {"most": f"{_MOST:,}"}
    )


CountOrAuto = Annotated[
    int | Literal["auto"],
    PlainValidator(_count_or_auto),
    WithJsonSchema({"anyOf": [{"const": "auto"}, {"type": "integer", "minimum": 1, "maximum": _MOST}]}),
]
"""A number, or `auto`: that of the data set."""

T = TypeVar("T")
Items = Annotated[tuple[T, ...], Field(min_length=1, strict=False)]


class Section(BaseModel):
    """A part of params.yaml: frozen, strict, without unknown keys or non-finite numbers."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)
