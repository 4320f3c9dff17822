"""The JSON Schemas of params.yaml and claims.yaml for editors, and a check of both files as a whole."""

import importlib
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from typing import Any

from latente.determinism import canonical
from latente.errors import LatenteError, ParamsError
from latente.evidence import expressions, studies
from latente.project import changes, params, paths
from latente.project.params import Params
from latente.project.sections import Claims, Rules
from latente.project.types import Section
from latente.survey import settings


def sections() -> dict[str, dict[str, type[Section]]]:
    """`models` or `analyses` -> module name -> its class `Options`; modules without this class are left out."""
    classes: dict[str, dict[str, type[Section]]] = {}
    for section in ("models", "analyses"):
        folder = params.FOLDERS[section]
        package = f"latente.{folder.replace('/', '.')}"
        modules = {name: importlib.import_module(f"{package}.{name}") for name in params.modules(section)}
        classes[section] = {name: module.Options for name, module in modules.items() if hasattr(module, "Options")}
    return classes


def check(params: Params, claims: Claims) -> None:
    """Check the sections of all models and analyses, the expressions of all claims, and the study that confirms them.

    Raises:
        ParamsError: A section is missing or not valid, the expression of a claim is not valid, or the survey uses a
            seed of the confirmation.
    """
    classes = sections()
    _check_sections(params, classes)
    if params.claims.confirm:
        confirmation = params.confirmation()
        _check_sections(confirmation, classes)
        _check_survey(params, confirmation.study.seeds)
    for name, claim in claims.tested.items():
        for number in (*claim.tests, *claim.beside, *claim.survey):
            _check_number(f"{paths.claims()}: claims.{name}: {number.name}", number.estimate)


def _check_sections(params: Params, classes: Mapping[str, Mapping[str, type[Section]]]) -> None:
    for name in params.models:
        params.model(name, classes["models"][name])
    for name, options in classes["analyses"].items():
        params.analysis(name, options)


def _check_survey(params: Params, seeds: Collection[int]) -> None:
    """The survey shapes rules too, so it must not use a seed of the confirmation."""
    if not paths.survey_params().exists():
        return
    survey = settings.load()
    whole = [_seeds(params, items) for items in survey.studies.values()]
    used = {*survey.base.seeds, *survey.league.base.seeds}.union(*whole)
    if again := {*seeds} & used:
        raise ParamsError(
            f"{paths.params()}: claims.confirm: {paths.survey_params()} uses the seed {min(again)} too; "
            "a confirmation needs new seeds"
        )


def _seeds(params: Params, items: Sequence[str]) -> Sequence[int]:
    """The seeds of the study after some changes; none if it has no such parameters."""
    sections = {name: getattr(params, name) for name in changes.SECTIONS}
    with suppress(ParamsError):
        seeds: Sequence[int] = changes.changed(sections, items)["study"]["seeds"]
        return seeds
    return ()


def _check_number(where: str, expression: str) -> None:
    try:
        named = [studies.parts(path) for _, path in expressions.parse(expression) if path]
        for setting in {setting for setting, _ in named if setting and paths.survey_params().exists()}:
            settings.load().whole(setting)
    except LatenteError as error:
        raise ParamsError(f"{where}: {error}") from None
    analyses, known = {path.partition(".")[0] for _, path in named}, params.modules("analyses")
    if unknown := sorted(analyses - set(known)):
        hint = "`audit` is now `survey`" if "audit" in unknown else f"known: {', '.join(known)}"
        raise ParamsError(f"{where}: no analysis {', '.join(unknown)}; {hint}")


def to_json() -> bytes:
    """The schema as JSON; it includes the sections of all models and analyses."""
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
    return _document(schema)


def of_claims() -> bytes:
    """The schema of claims.yaml as JSON."""
    return _document(Rules.model_json_schema())


def _document(schema: Mapping[str, Any]) -> bytes:
    return canonical.to_json({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema})
