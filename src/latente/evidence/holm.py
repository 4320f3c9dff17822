"""Holm's adjustment: p-values of a family of hypotheses, so that a study with many of them errs no more often."""

from collections.abc import Sequence


def adjusted(p: Sequence[float]) -> list[float]:
    """Adjusted p-values. If one is at most 0.05, its hypothesis is rejected at 0.05 for the whole family.

    The smallest p-value is multiplied by the number of hypotheses, the next by one less, and so on. No adjusted
    p-value is smaller than the one before it, and none is above 1.

    Args:
        p: One for each hypothesis, in [0, 1].

    Returns:
        In the order of the input.

    References:
        Holm 1979, A simple sequentially rejective multiple test procedure, https://www.jstor.org/stable/4615733

    Example:
        >>> adjusted([0.03, 0.01, 0.5])
        [0.06, 0.03, 0.5]
    """
    found, largest = [1.0] * len(p), 0.0
    for rank, index in enumerate(sorted(range(len(p)), key=lambda index: p[index])):
        largest = max(largest, min(1.0, (len(p) - rank) * p[index]))
        found[index] = largest
    return found
