"""Distances to the nearest image, on images with known distances."""

import numpy as np
import pytest
import torch

from latente.measures import memorisation


def test_nearest_finds_the_nearest() -> None:
    """A copy has distance 0, in any block."""
    among = torch.tensor(np.random.default_rng(0).standard_normal((12_000, 3)))
    distances = memorisation.nearest(torch.stack([among[11_000], among[3] + torch.tensor([0.0, 0.0, 1e-4])]), among)
    assert distances.tolist() == pytest.approx([0, 1e-4], abs=1e-6)
