"""Codes in three scales: raw, standardised, whitened."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float

Train = Float[np.ndarray, "train latent"]
Test = Float[np.ndarray, "images _"]


def scaled(train: Train, test: Test) -> Iterator[tuple[str, Test]]:
    """Test codes in three scales. The training codes define the scales.

    Yields:
        `raw`: unchanged; `standardised`: unit variance in every dimension; `whitened`: unit variance in every principal
        direction, without the directions that have no variance.
    """
    train, test = train.astype(np.float64), test.astype(np.float64)
    yield "raw", test
    centre, spread = train.mean(0), train.std(0)
    used = spread > 0  # a constant dimension holds no information
    yield "standardised", ((test - centre) / np.where(used, spread, 1))
    values, directions = np.linalg.eigh(np.atleast_2d(np.cov(train, rowvar=False)))
    kept = values > values.max() * np.finfo(np.float32).eps
    yield "whitened", (test - centre) @ (directions[:, kept] / np.sqrt(values[kept]))
