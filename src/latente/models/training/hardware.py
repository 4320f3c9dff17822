"""The device of a training, and the precision of its arithmetic."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import torch

from latente.errors import LatenteError


def device(name: Literal["auto", "cpu", "cuda"]) -> torch.device:
    """The device with a name. `auto` is a GPU if torch finds one, otherwise the CPU.

    Raises:
        LatenteError: The name is `cuda`, and torch finds no GPU.
    """
    has_gpu = torch.cuda.is_available()
    if name == "cuda" and not has_gpu:
        raise LatenteError("train.device in params.yaml is cuda, but torch finds no GPU; choose cpu or auto")
    return torch.device("cuda" if has_gpu and name != "cpu" else "cpu")


@contextmanager
def arithmetic(precision: Literal["fp32", "bf16"]) -> Iterator[None]:
    """Set the precision of the factors of matrix products, and flush denormal numbers to zero, within this context.

    Sums and results stay in float32. Denormal numbers come from pixels that are always black: their gradients are zero,
    and Adam's mean of these gradients shrinks with every step. After two epochs the mean is denormal, and arithmetic
    with denormal numbers makes a step 50 % slower.
    """
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("medium" if precision == "bf16" else "highest")
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)
        torch.set_float32_matmul_precision(before)
