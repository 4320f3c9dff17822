"""The JSON Schema of params.yaml, for editors; and a check of the whole file, sections of models and analyses too."""

import importlib
from typing import Any

from latente import evidence, params, paths, serial
from latente.errors import LatenteError, ParamsError
from latente.params import Params, Section


def sections() -> dict[str, dict[str, type[Section]]]:
    """`models` and `analyses` -> name -> the class `Options` of its module, if it has one."""
    found: dict[str, dict[str, type[Section]]] = {}
    for package in ("models", "analyses"):
        modules = {name: importlib.import_module(f"latente.{package}.{name}") for name in params.modules(package)}
        found[package] = {name: module.Options for name, module in modules.items() if hasattr(module, "Options")}
    return found


def check(study: Params) -> None:
    """Parse every section of models and analyses, and the numbers of every claim.

    Raises:
        ParamsError: A section is missing or not valid, or a number of a claim is no sum of metrics.
    """
    for name in study.models:
        study.model(name, sections()["models"][name])
    for name, options in sections()["analyses"].items():
        study.analysis(name, options)
    for name, claim in study.claims.tested.items():
        for each in (*claim.tests, *claim.beside, *claim.robustness):
            _check_number(f"{paths.params()}: claims.tested.{name}: {each.name}", each.estimate)


def _check_number(where: str, expression: str) -> None:
    try:
        named = [path.partition(".")[0] for _, path in evidence.parse(expression) if path]
    except LatenteError as error:
        raise ParamsError(f"{where}: {error}") from None
    unknown = sorted(set(named) - set(params.modules("analyses")))
    if unknown:
        raise ParamsError(f"{where}: no analysis {', '.join(unknown)}; known: {', '.join(params.modules('analyses'))}")


def to_json() -> bytes:
    """The schema, with the sections of models and analyses in their places."""
    schema: dict[str, Any] = Params.model_json_schema()
    definitions = schema["$defs"]
    for package, classes in sections().items():
        for name, options in classes.items():
            own = options.model_json_schema()
            definitions |= own.pop("$defs", {})
            definitions[f"{package}.{name}"] = own
        schema["properties"][package] = {
            "type": "object",
            "additionalProperties": False,
            "properties": {name: {"$ref": f"#/$defs/{package}.{name}"} for name in classes},
        }
    return serial.to_json({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema})
