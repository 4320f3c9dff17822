"""How the verdicts of this study change in whole studies under other settings."""

from collections import Counter
from collections.abc import Sequence

from latente.report.cards import Card
from latente.report.language import noop

CHANGES = (noop("the same"), noop("weaker"), noop("turned"), noop("decided only there"))
"""What can happen to a verdict; see `change`."""


def change(here: str, there: str) -> str | None:
    """How a verdict differs in another study; None if that study has no current verdict.

    Example:
        >>> change("supported", "undecided"), change("supported", "refuted"), change("undecided", "mixed")
        ('weaker', 'turned', 'decided only there')
    """
    if there in ("stale", "not run"):
        return None
    if here == there:
        return CHANGES[0]
    if there == "undecided":
        return CHANGES[1]
    return CHANGES[3] if here == "undecided" else CHANGES[2]


def counts(cards: Sequence[Card], setting: str) -> dict[str, int]:
    """Change -> number of claims."""
    found = Counter(change(card.verdict, card.studies[setting]) for card in cards)
    return {name: found[name] for name in CHANGES}
