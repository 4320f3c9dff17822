"""English names -> their translations: claims, numbers, verdicts, parameters, what images show."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files


@cache
def of(language: str) -> Mapping[str, str]:
    """The translations of a language; English has none. A name without one stays English: a study can have its own."""
    if language == "en":
        return {}
    text = (files("latente.translations") / f"{language}.toml").read_text(encoding="utf-8")
    return {name: translated for table in tomllib.loads(text).values() for name, translated in table.items()}
