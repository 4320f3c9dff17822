"""The IDX format of the MNIST files: a big-endian header, then unsigned bytes.

Format: http://yann.lecun.com/exdb/mnist/ (magic 0x0000 08 NDIM, then one 32-bit size per dimension).
"""

import struct
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from latente.errors import DataError

_UNSIGNED_BYTE = 0x08


def encode(array: UInt8[np.ndarray, "..."]) -> bytes:
    """Write an array of bytes as IDX.

    Example:
        >>> encode(np.array([7, 2], dtype=np.uint8)).hex()
        '00000801000000020702'
    """
    header = struct.pack(f">HBB{array.ndim}I", 0, _UNSIGNED_BYTE, array.ndim, *array.shape)
    return header + np.ascontiguousarray(array).tobytes()


def read(file: Path, ndim: int) -> UInt8[np.ndarray, "..."]:
    """Read an IDX file of unsigned bytes.

    Args:
        file: An uncompressed IDX file.
        ndim: Expected number of dimensions: 3 for images, 1 for labels.

    Raises:
        DataError: The file is missing, or its magic number or its length is wrong.
    """
    try:
        data = file.read_bytes()
    except FileNotFoundError:
        raise DataError(f"{file}: no such file; run `dvc repro fetch`") from None
    header = 4 + 4 * ndim
    if data[:4] != bytes([0, 0, _UNSIGNED_BYTE, ndim]):
        raise DataError(f"{file}: not an IDX file of bytes, {ndim}-dimensional (it starts with {data[:4].hex()!r})")
    if len(data) < header:
        raise DataError(f"{file}: the file ends inside its header ({len(data)} bytes)")
    shape = struct.unpack(f">{ndim}I", data[4:header])
    expected = header + int(np.prod(shape, dtype=np.uint64))
    if len(data) != expected:
        raise DataError(f"{file}: {len(data)} bytes, but its header says {expected}; delete it and run `dvc repro`")
    return np.frombuffer(data, np.uint8, offset=header).reshape(shape)
