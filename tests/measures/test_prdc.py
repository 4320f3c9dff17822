"""Precision, recall, density and coverage of features whose score is known."""

import numpy as np
import pytest
import torch

from latente.measures import prdc


def normal(count: int, size: int, seed: int) -> torch.Tensor:
    return torch.tensor(np.random.default_rng(seed).standard_normal((count, size)))


def scores(real: torch.Tensor, fake: torch.Tensor, neighbours: int = 5) -> dict[str, float]:
    found = prdc.prdc(prdc.reference(real, neighbours), fake)
    return {name: float(each.mean()) for name, each in found.items()}


@pytest.mark.slow
def test_prdc_of_two_gaussians_is_near_the_published_draw() -> None:
    """Two N(0, I) sets of 10,000 x 1000 with k = 5: the expected values are one run of the reference implementation.

    Runs differ. Over four seeds, precision ranged from .456 to .497 and density from .91 to 1.07.
    """
    found = scores(normal(10_000, 1000, 0), normal(10_000, 1000, 1))
    expected = {"precision": (0.477, 0.04), "recall": (0.471, 0.04), "density": (1.056, 0.2), "coverage": (0.974, 0.03)}
    assert found == {name: pytest.approx(value, abs=spread) for name, (value, spread) in expected.items()}


def test_prdc_is_what_its_definition_says() -> None:
    """The test writes the definition out, distance by distance."""
    real, fake, k = normal(60, 3, 0).numpy(), 0.8 * normal(50, 3, 1).numpy() + 0.5, 4
    radius = {
        name: np.array([np.sort(np.linalg.norm(x - one, axis=1))[k] for one in x])
        for name, x in (("real", real), ("fake", fake))
    }
    distance = np.array([[np.linalg.norm(one - other) for other in fake] for one in real])
    held = distance < radius["real"][:, None]
    assert scores(torch.tensor(real), torch.tensor(fake), k) == pytest.approx(
        {
            "precision": held.any(0).mean(),
            "recall": (distance < radius["fake"]).any(1).mean(),
            "density": held.sum() / (k * len(fake)),
            "coverage": held.any(1).mean(),
        }
    )


def test_prdc_of_constant_sets_is_zero() -> None:
    """A neighbourhood of radius 0 contains no image."""
    constant = torch.ones(50, 3)
    assert scores(constant, constant) == {"precision": 0, "recall": 0, "density": 0, "coverage": 0}


def test_prdc_of_a_set_with_itself_is_full() -> None:
    """Every image is in a neighbourhood, and every neighbourhood contains an image."""
    x = normal(300, 4, 0)
    found = scores(x, x)
    assert (found["precision"], found["recall"], found["coverage"]) == (1, 1, 1)


def test_prdc_of_distant_sets_is_zero() -> None:
    """No fake image is in a neighbourhood of a real image."""
    assert scores(normal(100, 4, 0), normal(100, 4, 1) + 100)["precision"] == 0


def test_prdc_tells_quality_from_variety() -> None:
    """Fake images from one of two clusters have high precision, but a recall of only one half."""
    real = torch.cat([normal(200, 2, 0), normal(200, 2, 1) + 50])
    found = scores(real, normal(200, 2, 2))
    assert found["precision"] > 0.9
    assert 0.4 < found["recall"] < 0.5
    assert 0.3 < found["coverage"] <= 0.5
