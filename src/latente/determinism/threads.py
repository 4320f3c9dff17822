"""A fixed number of threads, because sums of floats depend on it."""

import sys
from types import ModuleType

from threadpoolctl import threadpool_limits

_DISPATCHED = (
    *("acos", "asin", "atan", "cos", "erf", "erfc", "erfinv", "exp", "expm1", "lgamma"),
    *("log", "log10", "log1p", "log2", "sin", "sqrt", "tan", "tanh", "trunc"),
)
"""Functions that torch computes with MKL's vector library."""


def limit(count: int) -> None:
    """Set the number of threads of every numerical library loaded so far, for the rest of the process.

    Args:
        count: Number of threads, at least 1.
    """
    threadpool_limits(count)
    if torch := sys.modules.get("torch"):
        torch.set_num_threads(count)
        _dispatch(torch)
        _start(torch)


def _dispatch(torch: ModuleType) -> None:
    """Call each vector function of MKL once on a single number, so that a single thread makes the first call.

    MKL chooses a kernel at the first call of a function. When several threads make that call at once, one of them may
    return values with only three correct digits (https://github.com/pytorch/pytorch/issues/188792).
    """
    for dtype in (torch.float32, torch.float64):
        for name in _DISPATCHED:
            getattr(torch, name)(torch.ones(1, dtype=dtype))


def _start(torch: ModuleType) -> None:
    """Start the threads of torch with denormal numbers flushed to zero, as training needs it.

    The threads start at the first operation that is large enough to share. They copy this setting from the thread that
    starts them, and it cannot change later.
    """
    torch.set_flush_denormal(True)
    torch.ones(1 << 20).neg_()
    torch.set_flush_denormal(False)
