"""Snapshots of an unfinished training in one file, with a checksum and a key; atomic writes, no pickle."""

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
from safetensors import torch as safetensors
from torch import Tensor

from latente.errors import LatenteError
from latente.project import files

_PLAIN = "plain"


@dataclass(frozen=True)
class Snapshot:
    """The complete state of a training after an epoch.

    Attributes:
        tensors: Name -> value, on the CPU.
        plain: The rest of the state, as JSON values.
    """

    tensors: Mapping[str, Tensor]
    plain: Mapping[str, Any]


class Checkpoint:
    """The file that keeps the last snapshot of one training.

    A checkpoint that cannot be written or read does not stop the training. The class prints a message, and the training
    continues without the checkpoint.

    Args:
        file: Path in a folder that DVC does not track.
        key: Hash of everything that the training depends on. A snapshot with another key is not used. The class adds
            the version of torch and the instruction set of the processor, because sums of floats depend on them.
    """

    def __init__(self, file: Path, key: str) -> None:
        self._file, self._keeps = file, True
        self._key = f"{key} torch {torch.__version__} {torch.backends.cpu.get_cpu_capability()}"

    def keep(self, snapshot: Snapshot) -> None:
        """Replace the last snapshot. The file has a SHA-256 digest, then safetensors."""
        if not self._keeps:
            return
        text = json.dumps({"key": self._key, **snapshot.plain}).encode()
        plain = torch.frombuffer(bytearray(text), dtype=torch.uint8)
        content = safetensors.save(
            {name: tensor.contiguous() for name, tensor in snapshot.tensors.items()} | {_PLAIN: plain}
        )
        try:
            files.write(self._file, hashlib.sha256(content).digest() + content)
        except LatenteError as error:
            self._keeps = False
            print(f"{error}. The training continues, but it cannot be resumed", file=sys.stderr)

    def load(self) -> Snapshot | None:
        """The last snapshot; None if there is none, or if it cannot be used."""
        try:
            return self._read(self._file.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, SafetensorError, LatenteError) as error:
            print(f"{self._file}: {error}; the training ignores it and starts from the beginning", file=sys.stderr)
            return None

    def remove(self) -> None:
        """Delete the file. A failure is ignored, because a leftover file does no harm."""
        with suppress(OSError):
            self._file.unlink()

    def _read(self, data: bytes) -> Snapshot:
        digest, content = data[:32], data[32:]
        if hashlib.sha256(content).digest() != digest:
            raise LatenteError("the checkpoint is damaged")
        tensors = safetensors.load(content)
        plain = json.loads(tensors.pop(_PLAIN).numpy().tobytes())
        if plain.pop("key") != self._key:
            raise LatenteError("the checkpoint belongs to another training (other parameters, code, images or machine)")
        return Snapshot(tensors, plain)
