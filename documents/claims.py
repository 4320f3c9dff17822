"""The claims of the study in words and tables, for every verdict."""

from collections.abc import Mapping, Sequence
from typing import Any

from documents.markdown import bullets, estimated, listed, table
from latente.evidence.deciding import Claim, deciding
from latente.evidence.studies import shown
from latente.report.numbers import p_value, rule

_REPLIES = {"supported": "no", "mixed": "in part", "refuted": "yes", "undecided": "undecided"}
"""Verdict on "the VAE does not separate the classes better" -> reply to "does it?"."""

YES_OR_NO = {"supported": "Yes.", "mixed": "In part.", "refuted": "No.", "undecided": "This study cannot decide."}
"""Verdict -> reply to "is it so?"."""

_ANSWERS = YES_OR_NO | {"supported": "No.", "refuted": "Yes."}
"""Verdict on "the VAE does not separate the classes better" -> reply to "does it?"."""

_LOWER = " (lower is better)"


def answer(claim: Claim, measures: Sequence[Claim], settings: Mapping[str, Sequence[str]], confidence: float) -> str:
    """The answer to the question of the study, with its interval.

    Args:
        claim: The claim that the VAE does not separate the classes better by silhouette.
        measures: Numbers of other measures, as `other_measures` takes them.
        settings: Setting of a whole study -> its changes of params.yaml.
        confidence: Of the intervals, in (0, 1).

    Returns:
        The question with its answer, then a list: the number that decides, the answers of other settings, of whole
        studies, and other measures.
    """
    test = deciding(claim)
    name = test["name"][:1].upper() + test["name"][1:]
    numbers = bullets(
        f"{name}: {estimated(test)} ({100 * confidence:g} % interval). {_decides(claim, test)}",
        other_settings(claim),
        whole_studies(claim, settings),
        other_measures(measures),
    )
    reply = _ANSWERS[claim["verdict"]]
    return f"**Does the VAE separate the classes better than the AE, by silhouette? {reply}**\n\n{numbers}"


def _decides(claim: Claim, test: Mapping[str, Any]) -> str:
    """Whether the deciding number of a claim is clear alone, before the correction for many claims."""
    if claim["verdict"] != "undecided" or test["verdict"] == "undecided":
        return "This number decides."
    reply, p = _REPLIES[test["verdict"]], p_value(claim["p"])
    return f"Alone, this number says {reply}. After the correction for many claims ({p}), it does not decide."


def other_settings(claim: Claim) -> str:
    """How many other settings give each answer; those that differ from the first test are named, if at most three."""
    settings = claim["survey"]
    if not settings:
        return ""
    own = claim["tests"][0]["verdict"]
    names = {word: [row["name"] for row in settings if row["verdict"] == word] for word in _REPLIES}
    counts = [
        f"{len(found)} {_say(word, len(found))}{_named(found) if word != own else ''}"
        for word, found in names.items()
        if found
    ]
    return f"Of {len(settings)} other settings, {listed(counts)}."


def whole_studies(claim: Claim, settings: Mapping[str, Sequence[str]]) -> str:
    """How many whole studies give each answer, and in which of them the first number says the opposite."""
    ran = {_changes(items): claim["studies"][name] for name, items in settings.items()}
    ran = {name: one for name, one in ran.items() if one["tests"]}
    if not ran:
        return ""
    names = {word: [name for name, one in ran.items() if one["verdict"] == word] for word in _REPLIES}
    counts = [
        f"{len(found)} {_say(word, len(found))}{_named(found) if word != claim['verdict'] else ''}"
        for word, found in names.items()
        if found
    ]
    own = claim["tests"][0]["verdict"]
    opposite = [
        _opposite(name, one["tests"])
        for name, one in ran.items()
        if {one["tests"][0]["verdict"], own} == {"supported", "refuted"}
    ]
    return f"Of {len(ran)} whole studies with another parameter, {listed(counts)}.{''.join(opposite)}"


def _opposite(name: str, tests: Sequence[Mapping[str, Any]]) -> str:
    """How many numbers of a claim say what its first number says, in a study that turns this number."""
    first = tests[0]
    same = sum(test["verdict"] == first["verdict"] for test in tests)
    reply = f"{same} of its {len(tests)} numbers {'says' if same == 1 else 'say'} {_REPLIES[first['verdict']]}"
    return f" With {name}, {reply} before the correction; the first is {estimated(first)}."


def other_measures(numbers: Sequence[Claim]) -> str:
    """Which model is better by each further measure of separation.

    Args:
        numbers: Differences named `MEASURE, VAE − AE`; a name says `(lower is better)` where that holds.
    """
    better: dict[str, list[str]] = {"the VAE is better": [], "the AE is better": [], "the difference is undecided": []}
    for row in numbers:
        better[_better(row)].append(row["name"].removesuffix(", VAE − AE").removesuffix(_LOWER))
    said = [f"by {listed(names)}, {word}" for word, names in better.items() if names]
    return f"Other measures: {'; '.join(said)}." if said else ""


def summary(claims: Sequence[Claim], noun: str) -> str:
    """How many claims have each verdict.

    Args:
        claims: To count.
        noun: What they are called.

    Example:
        >>> summary([{"verdict": "supported"}, {"verdict": "supported"}, {"verdict": "refuted"}], "claims")
        'Of 3 claims, 2 are supported and 1 is refuted.'
    """
    verdicts = [claim["verdict"] for claim in claims]
    counts = {word: verdicts.count(word) for word in _REPLIES}
    said = [f"{count} {'is' if count == 1 else 'are'} {word}" for word, count in counts.items() if count]
    return f"Of {len(verdicts)} {noun}, {listed(said)}."


def overview(claims: Sequence[Claim]) -> str:
    """A table: sentence, verdict, confirmation and the number that decides."""
    rows = [
        [
            claim["sentence"],
            f"**{claim['verdict']}**",
            _confirmation(claim),
            f"{deciding(claim)['name']}: {estimated(deciding(claim))}",
        ]
        for claim in claims
    ]
    return table(["claim", "verdict", "confirmation", "the number that decides, and its interval"], rows)


def details(claims: Sequence[Claim]) -> str:
    """A section for every claim: its sentence, its verdict, and every number with interval and rule."""
    return "\n\n".join(_section(claim) for claim in claims)


def settings(claim: Claim) -> str:
    """A table: the first number of a claim under other settings, and the verdict there."""
    rows = [[row["name"], estimated(row), row["verdict"]] for row in claim["survey"]]
    return table(["setting", claim["tests"][0]["name"], "verdict"], rows)


def _section(claim: Claim) -> str:
    origin = "the thesis" if claim["thesis"] else "this project"
    tests = [[*_measured(row), rule(row["rule"]), row.get("reason", "–"), row["verdict"]] for row in claim["tests"]]
    beside = [[*_measured(row), "–", "–", "–"] for row in claim["beside"]]
    p = f" ({p_value(claim['p'])} after Holm)" if "p" in claim else ""
    return "\n\n".join(
        [
            f"### {claim['sentence']}",
            f"**{claim['verdict'].capitalize()}**{p}. Confirmation: {_confirmation(claim)}.",
            f"The claim is from {origin}; its name is `{claim['name']}`.",
            table(["number", "metrics", "mean and interval", "rule", "reason", "verdict"], tests + beside),
        ]
    )


def _measured(row: Claim) -> list[str]:
    return [row["name"], f"`{row['estimate']}`", estimated(row)]


def _confirmation(claim: Claim) -> str:
    return str(claim.get("confirmation", "not tried"))


def _changes(items: Sequence[str]) -> str:
    return ", ".join(f"`{item}`" for item in shown(items))


def _say(word: str, count: int) -> str:
    verb = {"undecided": ("is", "are")}.get(word, ("says", "say"))
    return f"{verb[count > 1]} {_REPLIES[word]}"


def _named(names: Sequence[str]) -> str:
    return f" ({'; '.join(names)})" if len(names) <= 3 else ""


def _better(row: Claim) -> str:
    low, high = row.get("low"), row.get("high")
    if low is None or high is None or low <= 0 <= high:
        return "the difference is undecided"
    return "the VAE is better" if (low > 0) != (_LOWER in row["name"]) else "the AE is better"


def studies(claims: Sequence[Claim], settings: Mapping[str, Sequence[str]]) -> str:
    """A table: the verdict of every claim in this study and in whole studies under other settings.

    Args:
        claims: As `studies.beside` returns them.
        settings: Setting of a whole study -> its changes of params.yaml.
    """
    heads = ["claim", "this study", *map(_changes, settings.values())]
    rows = [
        [claim["sentence"], f"**{claim['verdict']}**", *(claim["studies"][name]["verdict"] for name in settings)]
        for claim in claims
    ]
    return table(heads, rows)
