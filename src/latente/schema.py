"""The JSON Schema of params.yaml, for editors; and a check of the whole file, sections of models and analyses too."""

import importlib
from typing import Any

from latente import params, serial
from latente.params import Params, Section


def sections() -> dict[str, dict[str, type[Section]]]:
    """`models` and `analyses` -> name -> the class `Options` of its module, if it has one."""
    found: dict[str, dict[str, type[Section]]] = {}
    for package in ("models", "analyses"):
        modules = {name: importlib.import_module(f"latente.{package}.{name}") for name in params.modules(package)}
        found[package] = {name: module.Options for name, module in modules.items() if hasattr(module, "Options")}
    return found


def check(study: Params) -> None:
    """Parse every section of models and analyses.

    Raises:
        ParamsError: A section is missing or not valid.
    """
    for name in study.models:
        study.model(name, sections()["models"][name])
    for name, options in sections()["analyses"].items():
        study.analysis(name, options)


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
