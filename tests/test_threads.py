"""The threads of numerical libraries."""

import subprocess
import sys
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from latente.determinism import threads


class Called(TorchFunctionMode):
    """Records the functions of torch that are called, and the size of their first argument."""

    def __init__(self) -> None:
        super().__init__()
        self.sizes: dict[tuple[str, torch.dtype], int] = {}

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Record the function, and call it."""
        if args and isinstance(args[0], torch.Tensor):
            self.sizes[function.__name__, args[0].dtype] = args[0].numel()
        return function(*args, **(kwargs or {}))


def test_vector_functions_are_called_once_before_threads_share_them() -> None:
    """If two threads make the first call at once, one of them sometimes gets only three correct digits."""
    with Called() as called:
        threads.limit(torch.get_num_threads())
    for name in ("exp", "log", "log1p", "sqrt", "tanh"):
        assert called.sizes[name, torch.float32] == called.sizes[name, torch.float64] == 1


DENORMAL = """
import torch
from latente.determinism import threads
threads.limit(2)
torch.ones(1 << 20).neg_()
torch.set_flush_denormal(True)
product = torch.full((1 << 20,), 1e-30) * 1e-10
print(product.view(torch.int32).count_nonzero().item())
"""


def test_no_thread_computes_with_denormal_numbers_when_a_training_flushes_them() -> None:
    """The test uses a new process, because threads that already run keep their setting."""
    done = subprocess.run([sys.executable, "-c", DENORMAL], capture_output=True, text=True, check=True)
    assert done.stdout == "0\n"
