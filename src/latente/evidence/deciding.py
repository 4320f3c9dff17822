"""The number of a claim that a reader sees first: the one that decides its verdict."""

from collections.abc import Mapping, Sequence
from typing import Any

Claim = Mapping[str, Any]
"""A claim as reports/metrics/claims.json stores it."""


def deciding(claim: Claim) -> Claim:
    """The first number that has the verdict of its claim; for a mixed claim, the first that is refuted.

    Holm can leave a claim undecided although no number is. Then the number with the largest p-value decides. A claim
    about some case is supported by the first case whose numbers all are.
    """
    word = {"mixed": "refuted"}.get(claim["verdict"], claim["verdict"])
    tests: Sequence[Claim] = claim["tests"]
    if word == "supported":
        others = {test.get("case") for test in tests if test["verdict"] != word}
        tests = [test for test in tests if test.get("case") not in others] or tests
    found = [test for test in tests if test["verdict"] == word]
    return found[0] if found else max(tests, key=lambda test: float(test["p"]))
