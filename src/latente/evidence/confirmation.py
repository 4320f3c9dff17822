"""Exploratory and confirmed verdicts.

The seeds and images of a study shaped its rules, so its verdicts are exploratory. A confirmation applies the same
rules, now fixed, to new seeds and other images.

References:
    Wagenmakers, Wetzels, Borsboom, van der Maas & Kievit, An Agenda for Purely Confirmatory Research, 2012.
    https://doi.org/10.1177/1745691612463078
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from latente.project.sections import Claim, Claims

Status = Literal["confirmed", "not confirmed", "not tried", "stale", "nothing to confirm"]

_ANALYSIS = "analyses."

Confirmation = Mapping[str, Any]
"""The content of reports/confirmation.json.

`claims`: claim -> `rule` (its digest), `verdict` and `tests`. `changes`: the changes of the study. `params`: section of
the changed params.yaml -> its digest. `commit`: the commit that ran. `numbers`: what `studies.numbers` reads; only if a
rule names numbers of this study. Before the first confirmation, `claims` is empty and the other keys are missing.
"""


def digest(claim: Claim, confidence: float) -> str:
    """16 hexadecimal digits over what decides a claim: estimates, bounds and cases of its tests, and the confidence.

    Its sentence, the names and reasons of its tests, and the numbers that decide nothing are not included.
    """
    tests = [[test.estimate, test.bound, *([test.case] if test.case else [])] for test in claim.tests]
    return _sha256([confidence, tests])


def digests(sections: Mapping[str, Any]) -> dict[str, str]:
    """Section of params.yaml -> 16 hexadecimal digits over its values. Each analysis has its own, as `analyses.NAME`.

    The models that are not in the study do not count.

    Args:
        sections: The values of the changed study, as `changes.changed` returns them.
    """
    used = {name: sections["models"][name] for name in sections["study"]["models"]}
    parts = {**sections, "models": used}
    analyses = {f"{_ANALYSIS}{name}": values for name, values in parts.pop("analyses").items()}
    return {name: _sha256(values) for name, values in {**parts, **analyses}.items()}


def gather(
    decided: Sequence[Mapping[str, Any]], claims: Claims, items: Sequence[str], study: Mapping[str, str]
) -> dict[str, Any]:
    """The result of a changed study, such as the confirmation, without its commit.

    Args:
        decided: The claims of the changed study, as `verdicts.decide` returns them.
        claims: The section of params.yaml, of the study itself.
        items: The changes of the study.
        study: `digests` of the changed study.

    Returns:
        As `Confirmation`.
    """
    rules = {name: digest(claim, claims.confidence) for name, claim in claims.tested.items()}
    results = {
        str(one["name"]): {"rule": rules[one["name"]], "verdict": one["verdict"], "tests": one["tests"]}
        for one in decided
    }
    return {"changes": list(items), "params": dict(study), "claims": results}


def beside(
    decided: Sequence[Mapping[str, Any]], claims: Claims, study: Mapping[str, str], stored: Confirmation
) -> list[dict[str, Any]]:
    """Add the confirmation to every claim.

    Args:
        decided: The claims of the study, as `verdicts.decide` returns them.
        claims: The section of params.yaml.
        study: `digests` of the study with the changes of `claims.confirm`.
        stored: The last confirmation.

    Returns:
        A claim also has `confirmation` (a `Status`), `confirmation_reason` (what changed if it is stale; otherwise
        empty) and `confirmation_tests` (its tests in the confirmation; empty if it was not tried).
    """
    changed = list(differences(claims.confirm, study, stored))
    return [dict(one) | _status(one, claims, changed, stored.get("claims", {}).get(one["name"])) for one in decided]


def differences(items: Sequence[str], study: Mapping[str, str], stored: Confirmation) -> Iterator[str]:
    """What changed for all claims after a run: the list of changes, and the sections of the changed study.

    An analysis that the run did not have is no change, because no number of the run is of it.

    Args:
        items: The changes of the study.
        study: `digests` of the changed study.
        stored: The result of the run.
    """
    if list(items) != stored.get("changes"):
        yield "claims.confirm"
    before = stored.get("params", {})
    new = {name for name in study if name.startswith(_ANALYSIS) and name not in before}
    yield from sorted(name for name in {*study, *before} - new if study.get(name) != before.get(name))


def status(exploratory: str, confirmed: str | None, reason: str) -> Status:
    """The status of a claim.

    An undecided verdict says nothing that new data could confirm, so it has nothing to confirm.

    Args:
        exploratory: The verdict of the study.
        confirmed: The verdict of the confirmation; None if there is none.
        reason: What changed after the confirmation; empty if nothing did.

    Example:
        >>> status("supported", "supported", ""), status("supported", "undecided", "")
        ('confirmed', 'not confirmed')
    """
    if exploratory == "undecided":
        return "nothing to confirm"
    if confirmed is None:
        return "not tried"
    if reason:
        return "stale"
    return "confirmed" if confirmed == exploratory else "not confirmed"


def _status(one: Mapping[str, Any], claims: Claims, changed: Sequence[str], result: Any) -> dict[str, Any]:
    """The keys that `beside` adds to a claim; `result` is its part of the confirmation, or None."""
    rule = digest(claims.tested[one["name"]], claims.confidence)
    what = [*(["its rule"] if result and result["rule"] != rule else []), *changed]
    reason = f"changed after the confirmation: {', '.join(what)}" if what else ""
    word = status(one["verdict"], result and result["verdict"], reason)
    return {
        "confirmation": word,
        "confirmation_reason": reason if word == "stale" else "",
        "confirmation_tests": result["tests"] if result else [],
    }


def _sha256(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()[:16]
