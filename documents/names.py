"""The names of all metrics that the study measures."""

import re
from collections.abc import Iterable, Mapping
from itertools import groupby

from documents.markdown import table


def overview(names: Iterable[str]) -> str:
    """A table of all names: analysis, metrics, and the subjects that have them.

    Args:
        names: Full names, as `separation.vae.silhouette`.

    Returns:
        Markdown; a number in a name is written `N`, and subjects with the same metrics share a line.

    Example:
        >>> print(overview(["separation.ae.class.0.mse", "separation.ae.class.1.mse", "separation.vae.class.0.mse"]))
        | analysis | subjects | metrics |
        |---|---|---|
        | `separation` | `ae`, `vae` | `class.N.mse` |
    """
    parts = sorted({_parts(name) for name in names})
    rows = [
        [f"`{analysis}`", _code(subjects), _code(metrics)]
        for analysis, group in groupby(parts, key=lambda part: part[0])
        for subjects, metrics in _by_subjects((subject, metric) for _, subject, metric in group).items()
    ]
    return table(["analysis", "subjects", "metrics"], rows)


def generic(name: str) -> str:
    """Analysis and metric of a full name, as the glossary writes them.

    Example:
        >>> generic("reconstruction.ae.class.3.mse")
        'reconstruction.class.N.mse'
    """
    analysis, _, metric = _parts(name)
    return f"{analysis}.{metric}"


def _parts(name: str) -> tuple[str, str, str]:
    analysis, subject, metric = name.split(".", 2)
    return analysis, subject, re.sub(r"\b\d+\b", "N", metric)


def _by_subjects(pairs: Iterable[tuple[str, str]]) -> Mapping[tuple[str, ...], list[str]]:
    """Subjects -> the metrics that all of them, and no other subject, have."""
    subjects: dict[str, list[str]] = {}
    for subject, metric in pairs:
        subjects.setdefault(metric, []).append(subject)
    shared: dict[tuple[str, ...], list[str]] = {}
    for metric, having in subjects.items():
        shared.setdefault(tuple(having), []).append(metric)
    return shared


def _code(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)
