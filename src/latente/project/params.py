"""The whole of params.yaml.

The class of a section under `models` or `analyses` is in the file of that model or analysis. A new model or analysis
therefore changes no other file, and reading the parameters imports neither torch nor scikit-learn. `Params.model` and
`Params.analysis` check such a section when its stage starts; `latente params` checks all sections at once.
"""

from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError, field_validator, model_validator
from pydantic_core import PydanticCustomError

from latente.errors import ParamsError, one_line
from latente.project import changes, paths
from latente.project.explaining import check, nearest
from latente.project.reading import read
from latente.project.sections import (
    ClaimOptions,
    Claims,
    Compute,
    Data,
    Encode,
    Explore,
    Fetch,
    Judge,
    Network,
    Rules,
    Split,
    Study,
    Tracking,
    Train,
)
from latente.project.types import Name, Section

S = TypeVar("S", bound=Section)
N = TypeVar("N", Data, Network)

FOLDERS = {
    "models": "models/variants",
    "analyses": "analyses",
    "data": "sources/specs",
    "network": "models/nets",
}
"""Section of params.yaml -> folder in src/latente with a file for each item; in `data` and `network`, for its name."""


class Params(Section):
    """The whole of params.yaml."""

    data: Data
    study: Study
    fetch: Fetch
    split: Split
    compute: Compute
    tracking: Tracking
    judge: Judge
    network: Network
    train: Train
    models: dict[Name, dict[str, Any]]
    encode: Encode
    analyses: dict[Name, dict[str, Any]]
    explore: Explore
    claims: ClaimOptions

    @field_validator("models", "analyses")
    @classmethod
    def _has_module(cls, sections: dict[str, Any], info: Any) -> dict[str, Any]:
        for name in sections:
            if name not in (known := modules(info.field_name)):
                raise PydanticCustomError(
                    "module",
                    "No src/latente/{folder}/{name}.py; {hint}",
                    {"folder": FOLDERS[info.field_name], "name": name, "hint": nearest(name, known)},
                )
        return sections

    @field_validator("data", "network")
    @classmethod
    def _has_file(cls, section: N, info: Any) -> N:
        if (name := section.name) not in (known := modules(info.field_name)):
            raise PydanticCustomError(
                "file",
                "No src/latente/{folder}/{name}.py; {hint}",
                {"folder": FOLDERS[info.field_name], "name": name, "hint": nearest(name, known), "below": ("name",)},
            )
        return section

    @model_validator(mode="after")
    def _models_have_sections(self) -> "Params":
        for name in self.study.models:
            if name not in self.models:
                hint = nearest(name, self.models)
                raise PydanticCustomError(
                    "model",
                    "study.models names '{name}', but `models` has no section '{name}'; {hint}",
                    {"name": name, "hint": hint},
                )
        return self

    @model_validator(mode="after")
    def _shows_a_seed_of_the_study(self) -> "Params":
        if self.explore.seed != "auto" and self.explore.seed not in self.study.seeds:
            raise PydanticCustomError(
                "explore", "explore.seed is {seed}, which is not in study.seeds", {"seed": self.explore.seed}
            )
        return self

    @model_validator(mode="after")
    def _can_be_confirmed(self) -> "Params":
        if self.claims.confirm:
            try:
                seeds = self.confirmation().study.seeds
            except ParamsError as error:
                raise _wrong_change(str(error)) from None
            except ValidationError as error:
                first = error.errors()[0]
                raise _wrong_change(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None
            if again := sorted({*seeds} & {*self.study.seeds}):
                raise _wrong_change(
                    f"study.seeds has {again[0]} too; a confirmation needs seeds that are not in the study"
                )
        return self

    def confirmation(self) -> "Params":
        """The study with the changes of `claims.confirm`. It has no confirmation of its own.

        Raises:
            ParamsError: A change is not `key=value`, or names an unknown key.
            ValidationError: The changed study is not valid.
        """
        sections = {name: getattr(self, name) for name in changes.SECTIONS}
        claims = self.claims.model_copy(update={"confirm": ()})
        explore = self.explore.model_copy(update={"seed": "auto"})
        same: dict[str, Any] = {"explore": explore, "fetch": self.fetch, "tracking": self.tracking, "claims": claims}
        return Params.model_validate(same | changes.changed(sections, self.claims.confirm))

    def model(self, name: str, options: type[S]) -> S:
        """The section of one model, parsed by the class `Options` in its file.

        Raises:
            ParamsError: The section is missing or not valid.
        """
        return check(options, self.models.get(name, {}), ("models", name))

    def analysis(self, name: str, options: type[S]) -> S:
        """The section of one analysis, parsed by the class `Options` in its file.

        Raises:
            ParamsError: The section is missing or not valid.
        """
        return check(options, self.analyses.get(name, {}), ("analyses", name))


def _wrong_change(message: str) -> PydanticCustomError:
    """The error of `claims.confirm`. The context leads `explaining.check` to its line."""
    return PydanticCustomError("change", "{message}", {"message": one_line(message), "below": ("claims", "confirm")})


def modules(section: str) -> list[str]:
    """Names of all items of a section of `FOLDERS`, from their file names; it imports none."""
    files = (Path(__file__).parent.parent / FOLDERS[section]).glob("[a-z]*.py")
    return sorted(file.stem for file in files)


def load(file: Path | None = None) -> Params:
    """Read and check a parameters file.

    Args:
        file: The file; by default params.yaml in the working directory.

    Raises:
        ParamsError: The file is not valid. The message has one line for each mistake, as in `explaining.check`.
    """
    file = file or paths.params()
    return check(Params, read(file), file=file)


def rules(options: ClaimOptions, file: Path | None = None) -> Claims:
    """Read and check the claims.

    Args:
        options: The section `claims` of params.yaml.
        file: The file of the claims; by default claims.yaml in the working directory.

    Raises:
        ParamsError: The file is not valid. The message has one line for each mistake, as in `explaining.check`.
    """
    file = file or paths.claims()
    return Claims(**dict(options), tested=check(Rules, read(file), file=file).claims)
