"""The settings of the survey: a setting is the study of params.yaml, but smaller and with one aspect changed.

The survey is a multiverse analysis: it repeats one study under other settings, and shows which verdicts depend on them.

References:
    Steegen, Tuerlinckx, Gelman & Vanpaemel, Increasing Transparency Through a Multiverse Analysis, 2016.
    https://doi.org/10.1177/1745691616658637
"""

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import Field
from ruamel.yaml import YAML

from latente.determinism import canonical
from latente.dotted import at
from latente.errors import DataError, ParamsError
from latente.project import explaining, paths, reading
from latente.project.params import Params
from latente.project.types import Items, Name, Section, Seed, Text


class Base(Section):
    """What all settings share: changes of params.yaml, seeds, and options of the measurements."""

    set: Items[Text]
    seeds: Items[Seed]
    samples: Annotated[int, Field(ge=20, le=60_000)]
    neighbours: Annotated[int, Field(ge=1, le=1000)]


class Setting(Section):
    """A model, and the changes of params.yaml for it, in the form `key=value`."""

    model: Name
    set: Annotated[tuple[Text, ...], Field(strict=False)]


class Settings(Section):
    """The whole of survey/params.yaml: small settings, and whole studies with their changes of params.yaml."""

    base: Base
    settings: dict[Name, Setting]
    studies: dict[Name, Items[Text]]

    def of(self, name: str) -> Setting:
        """A setting by its name.

        Raises:
            ParamsError: No setting has this name.
        """
        if name not in self.settings:
            raise ParamsError(f"{paths.survey_params()}: no setting {name!r}; known: {', '.join(self.settings)}")
        return self.settings[name]

    def study(self, name: str) -> tuple[str, ...]:
        """The changes of a whole study by its name.

        Raises:
            ParamsError: No study has this name.
        """
        if name not in self.studies:
            raise ParamsError(f"{paths.survey_params()}: no study {name!r}; known: {', '.join(self.studies)}")
        return self.studies[name]


def load() -> Settings:
    """Read survey/params.yaml.

    Raises:
        ParamsError: The file is not valid.
    """
    return explaining.check(Settings, reading.read(paths.survey_params()), file=paths.survey_params())


def changed(changes: Sequence[str]) -> Params:
    """The study of params.yaml with some changes.

    Args:
        changes: Items `key=value`, with a dotted key and a YAML value.

    Raises:
        ParamsError: params.yaml has no such key, or the changed study is not valid.
    """
    values = reading.read(paths.params())
    for change in changes:
        key, _, text = change.partition("=")
        parent, _, last = key.rpartition(".")
        node = at(values, parent) if parent else values
        if not isinstance(node, dict):
            raise ParamsError(f"{paths.survey_params()}: {change!r}: {paths.params()} has no {key}")
        node[last] = YAML(typ="safe").load(text)
    return explaining.check(Params, values)


def gather() -> dict[str, Any]:
    """The whole survey as one dictionary.

    Returns:
        `survey`: the content of survey/params.yaml; `options`: setting -> options of its model, such as beta;
        `results`: setting -> its `records` and `replicates`; `studies`: name -> the verdicts of a whole study, as
        `confirmation.gather` returns them, or None if it never ran.

    Raises:
        DataError: A setting has no results.
    """
    survey = load()
    return {
        "survey": survey.model_dump(mode="json"),
        "options": {name: _options(setting, survey.base) for name, setting in survey.settings.items()},
        "results": {name: _result(name) for name in survey.settings},
        "studies": {name: _study(name) for name in survey.studies},
    }


def _options(setting: Setting, base: Base) -> dict[str, Any]:
    return dict(changed([*base.set, *setting.set]).models[setting.model])


def _result(name: str) -> Any:
    file = paths.setting(name)
    if not file.exists():
        raise DataError(f"{file}: no such file; `make survey` creates it")
    return canonical.from_json(file.read_bytes(), file)


def _study(name: str) -> Any:
    file = paths.other_study(name)
    return canonical.from_json(file.read_bytes(), file) if file.exists() else None
