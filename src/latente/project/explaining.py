"""Explain what is wrong with a section: file, line, key, mistake, and the most similar valid name."""

import difflib
from collections.abc import Mapping, Sequence, Sized
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml.comments import CommentedMap, CommentedSeq

from latente.errors import ParamsError
from latente.project import paths
from latente.project.reading import read
from latente.project.types import Section

S = TypeVar("S", bound=Section)

_RENAMED = {
    "claims.*.robustness": "survey",
    "variants": "settings",  # of survey/params.yaml
}
"""Pattern of a key of an earlier version -> its name today. It applies where a section has the new name."""

_MOVED = {
    "claims.tested": "the section `claims` of claims.yaml",
    "train.hidden": "`network.hidden`",
}
"""Key of an earlier version -> where its values are today."""


def check(cls: type[S], values: object, prefix: tuple[str, ...] = (), file: Path | None = None) -> S:
    """Parse the values of a section.

    Args:
        cls: Class of the section.
        values: Content of the section, as read from the file.
        prefix: Keys above the section in the file.
        file: The file; by default params.yaml in the working directory.

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
    """The valid keys of the section that has a mistake."""
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
    key = (*prefix, *detail["loc"], *detail.get("ctx", {}).get("below", ()))
    name = ".".join(map(_plain, key)) or "the file"
    where = f"{file}:{_line(document, key)}: {name}: "
    if detail["type"] == "extra_forbidden":
        return f"{where}{_renamed(name, known) or f'unknown key; {nearest(str(key[-1]), known)}'}"
    if detail["type"] == "missing":
        return f"{where}missing; add it"
    message = detail["msg"][0].lower() + detail["msg"][1:]
    found = detail["input"]
    return where + message + ("" if isinstance(found, Mapping | BaseModel) else f"; found {_short(found)}")


def _renamed(name: str, known: Sequence[str]) -> str | None:
    """The message for a key of an earlier version; None for any other key."""
    if name in _MOVED:
        return f"moved to {_MOVED[name]}"
    today = next((new for old, new in _RENAMED.items() if fnmatchcase(name, old) and new in known), None)
    return today and f"renamed to `{today}`"


def _plain(key: object) -> str:
    """A key as written in the file; quoted and shortened if it is empty, very long or not printable."""
    text = str(key)
    return text if text.isprintable() and 0 < len(text) <= 60 else _short(text)


def _short(found: object) -> str:
    if isinstance(found, Sized) and not isinstance(found, str | bytes):
        return f"{'list' if isinstance(found, Sequence) else 'mapping'} of {len(found)}"  # aliases may make it endless
    try:
        text = repr(found)
    except ValueError:  # Python does not convert very long numbers to text
        return f"a very large {type(found).__name__}"
    return text if len(text) <= 60 else text[:57] + "..."


def nearest(name: str, known: Sequence[str] | Mapping[str, object]) -> str:
    """A hint: the most similar known name, or else all known names."""
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
