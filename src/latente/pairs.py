"""Compare what trainings made: two models from one seed, and one model from two seeds as the yardstick."""

from collections.abc import Callable
from itertools import combinations
from typing import TypeVar

from latente.result import Grid

T = TypeVar("T")
V = TypeVar("V")


def compare(made: Grid[T], likeness: Callable[[T, T], V]) -> dict[str, dict[str, V]]:
    """What two trainings have in common, for every pair.

    Args:
        made: Model -> seed -> what to compare.
        likeness: Metrics of a pair, or whatever else is to be known of it.

    Returns:
        Subject `a~b` (in the order of the alphabet) -> seed -> likeness of two models, subject `a~a` -> `seed~seed` ->
        that of one; subjects without a pair are left out.
    """
    between = {
        f"{a}~{b}": {str(seed): likeness(made[a][seed], made[b][seed]) for seed in made[a]}
        for a, b in combinations(sorted(made), 2)
    }
    within = {
        f"{model}~{model}": {f"{a}~{b}": likeness(seeds[a], seeds[b]) for a, b in combinations(seeds, 2)}
        for model, seeds in made.items()
    }
    return {subject: scores for subject, scores in (between | within).items() if scores}
