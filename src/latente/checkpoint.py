"""The state of an unfinished training, in one file that a kill leaves whole: a checksum, a key, no pickle."""

import hashlib
import json
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from latente import files
from latente.errors import LatenteError

_PLAIN = "plain"


@dataclass(frozen=True)
class State:
    """Everything that the rest of a training depends on.

    Attributes:
        tensors: Name -> value, on the CPU.
        plain: What is no tensor, and survives JSON.
    """

    tensors: Mapping[str, Tensor]
    plain: Mapping[str, Any]


class Checkpoint:
    """Where the state of one training is kept between its epochs.

    A state that cannot be kept is no reason to stop, and one that cannot be used is no reason not to start: both are
    said, and the training goes on without.

    Args:
        file: In a folder that DVC leaves alone.
        key: Of everything that shapes the training; a state with another key is not used. The version of torch and
            the instructions that it finds in the processor, on which the sums of floats depend, are added to it.
    """

    def __init__(self, file: Path, key: str) -> None:
        self._file, self._keeps = file, True
        self._key = f"{key} torch {torch.__version__} {torch.backends.cpu.get_cpu_capability()}"

    def keep(self, state: State) -> None:
        """Write a state in place of the one before: a SHA-256, and behind it safetensors."""
        if not self._keeps:
            return
        text = json.dumps({"key": self._key, **state.plain}).encode()
        plain = torch.frombuffer(bytearray(text), dtype=torch.uint8)
        content = save({name: tensor.contiguous() for name, tensor in state.tensors.items()} | {_PLAIN: plain})
        try:
            files.write(self._file, hashlib.sha256(content).digest() + content)
        except LatenteError as error:
            self._keeps = False
            print(f"{error}. The training goes on, but cannot be resumed", file=sys.stderr)

    def found(self) -> State | None:
        """The state that was kept; none if there is none, or none that can be used."""
        try:
            return self._read(self._file.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, SafetensorError, LatenteError) as error:
            print(f"{self._file}: {error}; it is ignored, and the training starts anew", file=sys.stderr)
            return None

    def remove(self) -> None:
        """The training is done; what cannot be removed does no harm."""
        with suppress(OSError):
            self._file.unlink()

    def _read(self, data: bytes) -> State:
        digest, content = data[:32], data[32:]
        if hashlib.sha256(content).digest() != digest:
            raise LatenteError("a damaged checkpoint")
        tensors = load(content)
        plain = json.loads(tensors.pop(_PLAIN).numpy().tobytes())
        if plain.pop("key") != self._key:
            raise LatenteError("the checkpoint of another training: parameters, code, images or machine differ")
        return State(tensors, plain)
