"""The base class of a section of params.yaml, and the types of its fields."""

from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field

Seed = Annotated[int, Field(ge=0, lt=2**32)]
Rate = Annotated[float, Field(gt=0, le=1)]
Share = Annotated[float, Field(ge=0, le=1)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Text = Annotated[str, Field(min_length=1)]

T = TypeVar("T")
Items = Annotated[tuple[T, ...], Field(min_length=1, strict=False)]


class Section(BaseModel):
    """A part of params.yaml: frozen, strict, without unknown keys or non-finite numbers."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)
