"""The threads of numerical libraries."""

from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from latente import threads


class Called(TorchFunctionMode):
    """Notes the functions of torch that are called, and on how many numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.sizes: dict[tuple[str, torch.dtype], int] = {}

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Note and call."""
        if args and isinstance(args[0], torch.Tensor):
            self.sizes[function.__name__, args[0].dtype] = args[0].numel()
        return function(*args, **(kwargs or {}))


def test_vector_functions_are_called_once_before_threads_share_them() -> None:
    """Without that, a first call by two threads at once gives one of them three digits, once in some dozens of runs."""
    with Called() as called:
        threads.limit(torch.get_num_threads())
    for name in ("exp", "log", "log1p", "sqrt", "tanh"):
        assert called.sizes[name, torch.float32] == called.sizes[name, torch.float64] == 1
