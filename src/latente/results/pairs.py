"""Compare two trainings: two models from one seed or from two, or one model from two seeds as the reference."""

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations, permutations
from typing import TypeVar

import numpy as np

from latente.results.grid import Grid
from latente.results.measurement import Measurement

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


def spread(within: Mapping[str, Measurement]) -> dict[str, Measurement]:
    """How much the likeness of one pair of seeds differs from that of another: a yardstick for other differences.

    Its mean is the mean absolute difference (Gini) of two pairs that share no seed. It needs four seeds.

    Args:
        within: `seed-seed` -> likeness of one model from two seeds.

    Returns:
        `seed-seed-seed-seed` -> the absolute difference, at the level `spread`.

    Example:
        >>> spread({"0-1": Measurement({"cka": 0.5}), "2-3": Measurement({"cka": 0.75})})["0-1-2-3"].metrics
        {'spread.cka': 0.25}
    """
    apart = (two for two in combinations(within, 2) if not set(two[0].split("-")) & set(two[1].split("-")))
    return {pair(one, other): _apart(within[one], within[other]).under("spread") for one, other in apart}


def _apart(one: Measurement, other: Measurement) -> Measurement:
    return Measurement(
        {name: abs(value - other.metrics[name]) for name, value in one.metrics.items()},
        {name: np.abs(values - other.replicates[name]) for name, values in one.replicates.items()},
    )
