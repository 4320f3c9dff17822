"""Replicates from half-samples: the variance over images of a number that jumps, such as agreement with clusters.

Clusters found anew differ by chance: from their start, and because a few images more or less send the search to another
optimum. The jackknife multiplies the small effect of a group by 19 and this chance with it. A half-sample leaves out
half of the groups, so its effect is not multiplied (Shao & Wu 1989; McCarthy 1969). For a mean, both methods give the
same replicates.

References:
    McCarthy, Pseudo-replication: half samples, 1969.
    Shao & Wu, A general theory for jackknife variance estimation, 1989.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Bool, Float, Int64

from latente.results import jackknife
from latente.results.jackknife import GROUPS

PAIRS = GROUPS - 1
"""Pairs of a half-sample and its complement."""


def offsets(
    metrics: Callable[[Bool[np.ndarray, " images"], int], Float[np.ndarray, " metrics"]], count: int
) -> Float[np.ndarray, "groups metrics"]:
    """What the replicates of some metrics add to their values.

    If every half is measured with its own random start, the variance of the replicates has half of the variance over
    starts. That is the right part for a value that is the mean over two starts.

    Args:
        metrics: A function of the mask of the images to use, and of the number of the half in 0..37.
        count: Number of images.
    """
    group = jackknife.assign(count)
    pairs = [(metrics(half[group], 2 * i), metrics(~half[group], 2 * i + 1)) for i, half in enumerate(_design() > 0)]
    return np.asarray(-_design().T @ np.array([(a - b) / 2 for a, b in pairs]) / PAIRS)


def _design() -> Int64[np.ndarray, "pairs groups"]:
    """1 where a group is in the half-sample, -1 where it is in the complement.

    The rows are orthogonal, and have as many 1 as -1 (Paley's construction from the squares modulo 19).
    """
    squares = {i * i % PAIRS for i in range(PAIRS)}
    rows = [[1 if (j - i) % PAIRS in squares else -1 for j in range(PAIRS)] for i in range(PAIRS)]
    return np.array([[*row, -1] for row in rows])
