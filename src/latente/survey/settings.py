"""The settings of the survey: a setting is the study of params.yaml, but smaller and with one aspect changed.

The survey is a multiverse analysis: it repeats one study under other settings, and shows which verdicts depend on them.

References:
    Steegen, Tuerlinckx, Gelman & Vanpaemel, Increasing Transparency Through a Multiverse Analysis, 2016.
    https://doi.org/10.1177/1745691616658637
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, model_validator
from ruamel.yaml import YAML

from latente.determinism import canonical
from latente.dotted import at
from latente.errors import DataError, ParamsError
from latente.project import explaining, paths, reading
from latente.project.params import Params
from latente.project.types import Items, Name, Section, Seed, Text


class Shared(Section):
    """What the settings of a group share: changes of params.yaml, seeds, and neighbours of the kNN classifier."""

    set: Annotated[tuple[Text, ...], Field(strict=False)]
    seeds: Items[Seed]
    neighbours: Annotated[int, Field(ge=1, le=1000)]


class Base(Shared):
    """What the small settings share; `samples` are codes drawn from the prior."""

    samples: Annotated[int, Field(ge=20, le=60_000)]


class Setting(Section):
    """A model, and the changes of params.yaml for it, in the form `key=value`."""

    model: Name
    set: Annotated[tuple[Text, ...], Field(strict=False)]


class Group(Section):
    """Some settings, and what they share."""

    base: Shared
    settings: dict[Name, Setting]

    def of(self, name: str) -> Setting:
        """A setting by its name.

        Raises:
            ParamsError: No setting has this name.
        """
        if name not in self.settings:
            raise ParamsError(f"{paths.survey_params()}: no setting {name!r}; known: {', '.join(self.settings)}")
        return self.settings[name]

    def study(self, name: str) -> Params:
        """The study of a setting: params.yaml with the changes of the group and of the setting.

        Raises:
            ParamsError: No setting has this name, or its study is not valid.
        """
        return changed([*self.base.set, *self.of(name).set])


class League(Shared):
    """What the variants of the league share. For the linear probe with few labels: labelled codes of a class, draws.

    A unit is active if the variance of its mean is above `active`.
    """

    labels: Items[Annotated[int, Field(ge=1, le=1000)]]
    draws: Annotated[int, Field(ge=1, le=1000)]
    active: Annotated[float, Field(ge=0, le=1e6)]


class Variants(Group):
    """The variants of the league."""

    base: League


class Settings(Group):
    """The whole of survey/params.yaml.

    Attributes:
        base: What the small settings share.
        settings: The small settings.
        league: All variants with all images.
        studies: Whole studies, with their changes of params.yaml.
    """

    base: Base
    league: Variants
    studies: dict[Name, Items[Text]]

    @model_validator(mode="after")
    def _names_are_distinct(self) -> "Settings":
        if again := sorted({*self.settings} & {*self.league.settings}):
            raise ValueError(f"both `settings` and `league` have the name {again[0]!r}")
        return self

    def group(self, name: str) -> Group:
        """The group of a setting: the league, or the small settings."""
        return self.league if name in self.league.settings else self

    def whole(self, name: str) -> tuple[str, ...]:
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
        "options": {name: _options(group, name) for group in (survey, survey.league) for name in group.settings},
        "results": {name: _result(paths.setting(name)) for name in survey.settings}
        | {name: _both(name) for name in survey.league.settings},
        "studies": {name: _study(name) for name in survey.studies},
    }


def _options(group: Group, name: str) -> dict[str, Any]:
    return dict(group.study(name).models[group.of(name).model])


def _both(name: str) -> dict[str, Any]:
    """Both results of a variant as one. If they come from different images, the result belongs to no data set.

    Raises:
        DataError: A result is missing, or they come from different seeds.
    """
    first, second = _result(paths.setting(name)), _result(paths.beyond(name))
    if first["replicates"].keys() != second["replicates"].keys() or any(
        seeds.keys() != second["replicates"][subject].keys() for subject, seeds in first["replicates"].items()
    ):
        raise DataError(f"{paths.setting(name)} and {paths.beyond(name)} have different seeds; run `make survey`")
    replicates = {
        subject: {seed: values | second["replicates"][subject][seed] for seed, values in seeds.items()}
        for subject, seeds in first["replicates"].items()
    }
    return {
        **first,
        "data": sorted({*first["data"], *second["data"]}),
        "records": [*first["records"], *second["records"]],
        "replicates": replicates,
    }


def _result(file: Path) -> Any:
    if not file.exists():
        raise DataError(f"{file}: no such file; `make survey` creates it")
    return canonical.from_json(file.read_bytes(), file)


def _study(name: str) -> Any:
    file = paths.other_study(name)
    return canonical.from_json(file.read_bytes(), file) if file.exists() else None
