"""Distance to the nearest image, where it is known."""

import numpy as np
import pytest
import torch

from latente.measures import memorisation


def test_nearest_finds_the_nearest() -> None:
    """A copy is at distance zero, whatever block it is in."""
    among = torch.tensor(np.random.default_rng(0).standard_normal((12_000, 3)))
    distances = memorisation.nearest(torch.stack([among[11_000], among[3] + torch.tensor([0.0, 0.0, 1e-4])]), among)
    assert distances.tolist() == pytest.approx([0, 1e-4], abs=1e-6)
