"""The number of threads, fixed because the sum of floats depends on it."""

import sys

from threadpoolctl import threadpool_limits


def limit(count: int) -> None:
    """Fix the threads of every numerical library loaded so far, for the rest of the process.

    Args:
        count: At least 1.
    """
    threadpool_limits(count)
    if torch := sys.modules.get("torch"):
        torch.set_num_threads(count)
