"""Codes in other scales: as they are, standardised, whitened."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float

Train = Float[np.ndarray, "train latent"]
Test = Float[np.ndarray, "images _"]


def scaled(train: Train, test: Test) -> Iterator[tuple[str, Test]]:
    """Test codes in three scales, which the training codes decide.

    Yields:
        `raw`: as they are; `standardised`: unit variance along every dimension; `whitened`: unit variance along every
        principal direction, directions without variance left out.
    """
    train, test = train.astype(np.float64), test.astype(np.float64)
    yield "raw", test
    centre, spread = train.mean(0), train.std(0)
    used = spread > 0  # a constant dimension holds no information
    yield "standardised", ((test - centre) / np.where(used, spread, 1))
    values, directions = np.linalg.eigh(np.atleast_2d(np.cov(train, rowvar=False)))
    kept = values > values.max() * np.finfo(np.float32).eps
    yield "whitened", (test - centre) @ (directions[:, kept] / np.sqrt(values[kept]))
