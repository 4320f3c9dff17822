"""Whole studies under other settings: their verdicts beside those of the study, and their numbers for its rules.

A rule of the study can name a number of another study, as `studies.SETTING.NAME`. For instance,
`studies.conv.separation.vae.silhouette` is `separation.vae.silhouette` in the study `conv` of survey/params.yaml.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from latente.errors import ParamsError
from latente.evidence import confirmation, expressions
from latente.evidence.confirmation import Confirmation
from latente.project import changes
from latente.project.sections import Claim, Claims

Settings = Mapping[str, Sequence[str]]
"""Setting -> its changes of params.yaml, in the form `key=value`."""


_PREFIX = "studies"

_OUTSIDE = frozenset({"league", "survey", _PREFIX})
"""Analyses whose numbers come from other runs, so they are the same in every study."""


def parts(name: str) -> tuple[str | None, str]:
    """The setting and the name of a number there; no setting for a number of this study.

    Example:
        >>> parts("studies.conv.separation.vae.silhouette"), parts("separation.vae.silhouette")
        (('conv', 'separation.vae.silhouette'), (None, 'separation.vae.silhouette'))
    """
    if not name.startswith(f"{_PREFIX}."):
        return None, name
    _, setting, own = name.split(".", 2)
    return setting, own


def named(claims: Claims, setting: str) -> set[str]:
    """The numbers of another study that the rules name, such as `separation.vae.silhouette`."""
    compared = [one for claim in claims.tested.values() for one in (*claim.tests, *claim.beside, *claim.survey)]
    names = [parts(name) for one in compared for _, name in expressions.parse(one.estimate) if name]
    return {own for where, own in names if where == setting}


def shown(items: Sequence[str]) -> list[str]:
    """The changes that the name of a study shows. More models do not change what a study says about the others.

    Example:
        >>> shown(["network.name=conv", "study.models=[ae, vae, dae]"])
        ['network.name=conv']
    """
    return [item for item in items if not item.startswith("study.models=")]


def numbers(
    sections: Mapping[str, Any], settings: Settings, stored: Mapping[str, Confirmation | None]
) -> tuple[dict[str, dict[str, float]], dict[str, Any]]:
    """The numbers of the other studies, for the rules of this one; a study that is stale has none.

    Args:
        sections: As for `beside`.
        settings: As for `beside`.
        stored: As for `beside`; `numbers` of a result has name -> `values` and `replicates` by seed.

    Returns:
        Metrics (full name -> seed -> value) and replicates (analysis -> subject -> seed -> metric -> values), as
        `verdicts.decide` takes them.
    """
    metrics: dict[str, dict[str, float]] = {}
    replicates: dict[str, Any] = {}
    for setting, items in settings.items():
        if (result := stored[setting]) and _is_current(sections, items, result):
            for name, number in result.get("numbers", {}).items():
                metrics[f"{_PREFIX}.{setting}.{name}"] = number["values"]
                for seed, left_out in number["replicates"].items():
                    replicates.setdefault(setting, {}).setdefault(seed, {})[name] = left_out
    return metrics, {_PREFIX: replicates}


def beside(
    decided: Sequence[Mapping[str, Any]],
    claims: Claims,
    sections: Mapping[str, Any],
    settings: Settings,
    stored: Mapping[str, Confirmation | None],
) -> list[dict[str, Any]]:
    """Add the verdicts of the other studies to every claim.

    Args:
        decided: The claims of the study, as `verdicts.decide` returns them.
        claims: The section of params.yaml.
        sections: The sections of params.yaml that can change.
        settings: Of the other studies.
        stored: Setting -> the result of its last run, in the form of a `Confirmation`; None if it never ran.

    Returns:
        A claim also has `studies`: setting -> `verdict` and `tests`. If its rule or the study changed after the run,
        the verdict is *stale*; if the setting never ran, or the study measures no number of the claim, *not run*.
        Then `tests` is empty.
    """
    current = {name: _is_current(sections, items, stored[name]) for name, items in settings.items()}

    def of(name: str, setting: str) -> dict[str, Any]:
        result = (stored[setting] or {}).get("claims", {}).get(name)
        if result is None or not _measured_there(claims.tested[name]):
            return {"verdict": "not run", "tests": []}
        if not (current[setting] and result["rule"] == _rule(claims.tested[name], claims)):
            return {"verdict": "stale", "tests": []}
        return {"verdict": result["verdict"], "tests": result["tests"]}

    return [dict(one) | {"studies": {setting: of(one["name"], setting) for setting in settings}} for one in decided]


def _measured_there(claim: Claim) -> bool:
    names = {name for test in claim.tests for _, name in expressions.parse(test.estimate) if name}
    return any(name.partition(".")[0] not in _OUTSIDE for name in names)


def _rule(claim: Claim, claims: Claims) -> str:
    return confirmation.digest(claim, claims.confidence)


def _is_current(sections: Mapping[str, Any], items: Sequence[str], stored: Confirmation | None) -> bool:
    """Whether the last run had the parameters of the study with these changes."""
    if stored is None:
        return False
    try:
        digests = confirmation.digests(changes.changed(sections, items))
    except ParamsError:  # this study has no such parameter
        return False
    return not list(confirmation.differences(items, digests, stored))
