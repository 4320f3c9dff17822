"""The claims in whole studies under other settings, beside the study itself."""

from collections.abc import Mapping, Sequence
from typing import Any

from latente.errors import ParamsError
from latente.evidence import confirmation
from latente.evidence.confirmation import Confirmation
from latente.project import changes
from latente.project.sections import Claim, Claims

Settings = Mapping[str, Sequence[str]]
"""Setting -> its changes of params.yaml, in the form `key=value`."""


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
        the verdict is *stale*; if the setting never ran, *not run*. Then `tests` is empty.
    """
    current = {name: _is_current(sections, items, stored[name]) for name, items in settings.items()}

    def of(name: str, setting: str) -> dict[str, Any]:
        result = (stored[setting] or {}).get("claims", {}).get(name)
        if result is None:
            return {"verdict": "not run", "tests": []}
        if not (current[setting] and result["rule"] == _rule(claims.tested[name], claims)):
            return {"verdict": "stale", "tests": []}
        return {"verdict": result["verdict"], "tests": result["tests"]}

    return [dict(one) | {"studies": {setting: of(one["name"], setting) for setting in settings}} for one in decided]


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
