"""Compare two trainings: two models from one seed or from two, or one model from two seeds as the reference."""

from collections.abc import Callable, Sequence
from itertools import combinations, permutations
from typing import TypeVar

from latente.results.grid import Grid

T = TypeVar("T")
V = TypeVar("V")


def pair(a: object, b: object) -> str:
    """The name of a pair of models, or of a pair of seeds.

    Example:
        >>> pair("ae", "vae"), pair(0, 1)
        ('ae-vae', '0-1')
    """
    return f"{a}-{b}"


def of_models(models: Sequence[str]) -> list[tuple[str, str]]:
    """Every two models, in the order of the alphabet.

    Example:
        >>> of_models(["vae", "ae"])
        [('ae', 'vae')]
    """
    return list(combinations(sorted(models), 2))


def compare(values: Grid[T], likeness: Callable[[T, T], V]) -> dict[str, dict[str, V]]:
    """What two trainings have in common, for every pair.

    Args:
        values: What to compare.
        likeness: Takes the values of two trainings.

    Returns:
        Subject `a-b` -> seed -> likeness of two models from one seed, subject `a-a` -> `seed-seed` -> likeness of one
        model from two seeds; subjects without a pair are left out.
    """
    between = {
        pair(a, b): {str(seed): likeness(values[a][seed], values[b][seed]) for seed in values[a]}
        for a, b in of_models(list(values))
    }
    within = {
        pair(model, model): {pair(a, b): likeness(seeds[a], seeds[b]) for a, b in combinations(seeds, 2)}
        for model, seeds in values.items()
    }
    return {subject: seeds for subject, seeds in (between | within).items() if seeds}


def of_two_seeds(values: Grid[T], likeness: Callable[[T, T], V]) -> dict[str, dict[str, V]]:
    """What two models have in common if their seeds differ, as those of the reference `a-a` do.

    Args:
        values: What to compare.
        likeness: Takes the values of two trainings.

    Returns:
        Subject `a-b` -> `seed-seed`, the seed of a first -> likeness; empty for a single model or a single seed.

    Example:
        >>> of_two_seeds(Grid({"ae": {0: 1, 1: 2}, "vae": {0: 10, 1: 20}}), lambda a, b: a + b)
        {'ae-vae': {'0-1': 21, '1-0': 12}}
    """
    found = {
        pair(a, b): {pair(s, t): likeness(values[a][s], values[b][t]) for s, t in permutations(values[a], 2)}
        for a, b in of_models(list(values))
    }
    return {subject: seeds for subject, seeds in found.items() if seeds}
