"""params.yaml as frozen, strict pydantic models.

The class of a section under `models` or `analyses` lives beside the code it steers, so that adding one touches no
other file and that reading the parameters imports neither torch nor scikit-learn. `Params.model` and
`Params.analysis` parse such a section when its stage starts; `latente params` parses all of them at once.
"""

import difflib
from collections.abc import Mapping, Sequence, Sized
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from latente import paths
from latente.errors import ParamsError

Seed = Annotated[int, Field(ge=0, lt=2**32)]
Count = Annotated[int, Field(ge=1, le=10_000_000)]
Rate = Annotated[float, Field(gt=0, le=1)]
Share = Annotated[float, Field(ge=0, le=1)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Text = Annotated[str, Field(min_length=1)]


class Section(BaseModel):
    """A part of params.yaml: frozen, strict, without unknown keys or non-finite numbers."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)


S = TypeVar("S", bound=Section)
T = TypeVar("T")
Items = Annotated[tuple[T, ...], Field(min_length=1, strict=False)]


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
    """A number with a name: metrics added and subtracted, as `latente.evidence.parse` reads them."""

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
    """A sentence, of the thesis or not, and what must hold for it to be supported; numbers beside it, other choices."""

    sentence: Text
    thesis: bool
    tests: Items[Rule]
    beside: Annotated[tuple[Compared, ...], Field(strict=False)] = ()
    robustness: Annotated[tuple[Compared, ...], Field(strict=False)] = ()


class Claims(Section):
    """What the study tests, by rules that are fixed before it runs."""

    confidence: Annotated[float, Field(gt=0.5, lt=1)]
    tested: dict[Name, Claim]


class Params(Section):
    """The whole of params.yaml."""

    study: Study
    fetch: Fetch
    split: Split
    compute: Compute
    tracking: Tracking
    judge: Judge
    train: Train
    models: dict[Name, dict[str, Any]]
    encode: Encode
    analyses: dict[Name, dict[str, Any]]
    claims: Claims

    @field_validator("models", "analyses")
    @classmethod
    def _has_module(cls, sections: dict[str, Any], info: Any) -> dict[str, Any]:
        for name in sections:
            if name not in (known := modules(info.field_name)):
                raise PydanticCustomError(
                    "module",
                    "No src/latente/{package}/{name}.py; {hint}",
                    {"package": info.field_name, "name": name, "hint": _nearest(name, known)},
                )
        return sections

    @model_validator(mode="after")
    def _models_have_sections(self) -> "Params":
        for name in self.study.models:
            if name not in self.models:
                hint = _nearest(name, self.models)
                raise PydanticCustomError(
                    "model", "study.models names '{name}', which models lacks; {hint}", {"name": name, "hint": hint}
                )
        return self

    def model(self, name: str, options: type[S]) -> S:
        """The section of one model, as the class that its file declares.

        Raises:
            ParamsError: The section is missing or not valid.
        """
        return check(options, self.models.get(name, {}), ("models", name))

    def analysis(self, name: str, options: type[S]) -> S:
        """The section of one analysis, as the class that its file declares.

        Raises:
            ParamsError: The section is missing or not valid.
        """
        return check(options, self.analyses.get(name, {}), ("analyses", name))


def modules(package: str) -> list[str]:
    """Names of the modules of `latente.models` or `latente.analyses`, without importing them."""
    files = (Path(__file__).parent / package).glob("[a-z]*.py")
    return sorted(file.stem for file in files)


def load(file: Path | None = None) -> Params:
    """Read and check a parameters file.

    Args:
        file: The file; by default params.yaml in the working directory.

    Raises:
        ParamsError: One line for each mistake: file, line, key, what is wrong, what was found.
    """
    file = file or paths.params()
    return check(Params, read(file), file=file)


def read(file: Path) -> Any:
    """Parse YAML 1.2 as DVC does, positions kept.

    Raises:
        ParamsError: The file is missing, not UTF-8, or not YAML.
    """
    try:
        return parse(file.read_bytes(), file)
    except FileNotFoundError:
        raise ParamsError(f"{file}: no such file; run from the project's root") from None
    except OSError as error:
        raise ParamsError(f"{file}: cannot be read ({error.strerror})") from None


def parse(content: bytes, file: Path) -> Any:
    """Parse the content of a YAML file as `read` does.

    Raises:
        ParamsError: It is not UTF-8, or not YAML.
    """
    try:
        return YAML().load(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise ParamsError(f"{file}: not UTF-8 (byte {error.start}); save the file as UTF-8") from None
    except MarkedYAMLError as error:
        line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        raise ParamsError(f"{file}{line}: not valid YAML: {str(error.problem).splitlines()[0]}") from None
    except RecursionError:
        raise ParamsError(f"{file}: not valid YAML: nested too deeply") from None
    except (YAMLError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        # The library lets errors of Python's own through: a number too long, a date that is none, ...
        raise ParamsError(f"{file}: not valid YAML: {_one_line(error)}") from None


def check(cls: type[S], values: object, prefix: tuple[str, ...] = (), file: Path | None = None) -> S:
    """Parse the values of a section.

    Args:
        cls: Its class.
        values: As read.
        prefix: Where the section is in the file.
        file: That they come from; by default params.yaml in the working directory.

    Raises:
        ParamsError: One line for each mistake: file, line, key, what is wrong, what was found.
    """
    try:
        return cls.model_validate(values)
    except ValidationError as error:
        file = file or paths.params()
        document = read(file) if file.exists() else None
        lines = [_explain(detail, prefix, document, file, _known(cls, detail["loc"][:-1])) for detail in error.errors()]
        raise ParamsError("\n".join(lines)) from None


def _known(cls: type[BaseModel], parents: Sequence[str | int]) -> list[str]:
    """The keys of the section that a mistake is in."""
    kind: Any = cls
    for part in parents:
        if _is_section(kind):
            kind = kind.model_fields[part].annotation if part in kind.model_fields else None
        else:  # an item of a list, or a value of a mapping
            kind = {tuple: get_args(kind)[:1], dict: get_args(kind)[1:]}.get(get_origin(kind), (None,))[0]
    return list(kind.model_fields) if _is_section(kind) else []


def _is_section(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _explain(detail: ErrorDetails, prefix: tuple[str, ...], document: Any, file: Path, known: Sequence[str]) -> str:
    key = (*prefix, *detail["loc"])
    name = ".".join(map(_plain, key)) or "the file"
    where = f"{file}:{_line(document, key)}: {name}: "
    if detail["type"] == "extra_forbidden":
        return f"{where}unknown key; {_nearest(str(key[-1]), known)}"
    if detail["type"] == "missing":
        return f"{where}missing; add it"
    message = detail["msg"][0].lower() + detail["msg"][1:]
    found = detail["input"]
    return where + message + ("" if isinstance(found, Mapping | BaseModel) else f"; found {_short(found)}")


def _plain(key: object) -> str:
    """A key as it stands in the file, unless that would be empty, very long or break the line."""
    text = str(key)
    return text if text.isprintable() and 0 < len(text) <= 60 else _short(text)


def _short(found: object) -> str:
    if isinstance(found, Sized) and not isinstance(found, str | bytes):
        return f"{'list' if isinstance(found, Sequence) else 'mapping'} of {len(found)}"  # aliases may make it endless
    try:
        text = repr(found)
    except ValueError:  # Python refuses to write very long numbers
        return f"a very large {type(found).__name__}"
    return text if len(text) <= 60 else text[:57] + "..."


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__


def _nearest(name: str, known: Sequence[str] | Mapping[str, object]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f"did you mean '{close[0]}'?" if close else f"known: {', '.join(sorted(known))}"


def _line(document: Any, key: tuple[str | int, ...]) -> int:
    """The line (from 1) of a key, or of its nearest ancestor in the file."""
    line = 0
    for part in key:
        if isinstance(document, CommentedMap) and part in document:
            line = document.lc.key(part)[0]
        elif isinstance(document, CommentedSeq) and isinstance(part, int) and part < len(document):
            line = document.lc.item(part)[0]
        else:
            break
        document = document[part]
    return line + 1
