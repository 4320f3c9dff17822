"""Corruptions of images for which the result is known."""

import numpy as np
import pytest
import torch
from torch import Tensor

from latente.measures import corruptions
from latente.measures.corruptions import KINDS, LEVELS


def spot(size: int = 28, row: int = 14, column: int = 14) -> Tensor:
    """A bright square of 4 × 4 pixels, in 50 equal images."""
    image = torch.zeros(size, size)
    image[row - 2 : row + 2, column - 2 : column + 2] = 1
    return image.reshape(1, -1).repeat(50, 1)


def centre(x: Tensor) -> np.ndarray:
    """Row and column of the centre of the ink."""
    size = int(x.shape[1] ** 0.5)
    grid = torch.stack(torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij")).flatten(1).float() + 0.5
    return np.asarray((x @ grid.T / x.sum(1, keepdim=True)).numpy())


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_the_same_again_and_stronger_at_every_level(kind: str) -> None:
    """Images stay in [0, 1] and differ more and more; another seed gives other noise, places and directions."""
    x = 0.9 * (torch.arange(784) % 28 < 14).float().repeat(50, 1)  # the left half is bright
    levels = corruptions.levels(x, kind, seed=0)
    assert len(levels) == len(LEVELS[kind]) == 5
    assert all(torch.equal(one, again) for one, again in zip(levels, corruptions.levels(x, kind, seed=0), strict=True))
    assert all(0 <= float(one.min()) <= float(one.max()) <= 1 for one in levels)
    apart = [float((one - x).square().mean()) for one in levels]
    assert apart == sorted(apart)
    assert apart[0] > 0
    assert list(LEVELS[kind]) == sorted(LEVELS[kind])
    other = corruptions.levels(x, kind, seed=1)
    assert torch.equal(other[4], levels[4]) == (kind in ("blur", "contrast"))


@pytest.mark.parametrize("size", [8, 28, 64])
def test_a_shift_has_its_length_in_shares_of_the_side(size: int) -> None:
    """The ink moves by this distance, in every direction; nothing else changes."""
    x = spot(size, size // 2, size // 2)
    moved = centre(corruptions.levels(x, "shift", 0)[0]) - centre(x)
    assert np.linalg.norm(moved, axis=1) == pytest.approx(np.full(50, LEVELS["shift"][0] * size), rel=0.05)
    assert len(np.unique(np.sign(moved), axis=0)) == 4


def test_a_rotation_turns_by_its_angle_around_the_centre() -> None:
    """The angle of a spot beside the centre changes by the level, to one side or the other."""
    x = spot(row=14, column=22)
    turned = centre(corruptions.levels(x, "rotation", 0)[2]) - 14
    angle = np.degrees(np.arctan2(turned[:, 0], turned[:, 1]))
    assert np.abs(angle) == pytest.approx(np.full(50, LEVELS["rotation"][2]), abs=1.5)
    assert {*np.sign(angle)} == {-1.0, 1.0}


def test_noise_has_its_standard_deviation() -> None:
    """On mid-grey images, before the ends of the scale clip it."""
    noisy = corruptions.levels(torch.full((50, 784), 0.5), "noise", 0)[0]
    assert float(noisy.std()) == pytest.approx(LEVELS["noise"][0], rel=0.02)


def test_blur_keeps_ink_and_place_and_has_its_width() -> None:
    """A spot of 4 pixels has a variance of 4² / 12; the blur adds its own."""
    blurred = corruptions.levels(spot(), "blur", 0)[1][0].reshape(28, 28)
    assert float(blurred.sum()) == pytest.approx(16, rel=1e-4)
    rows, place = blurred.sum(1) / blurred.sum(), torch.arange(28) + 0.5
    variance = float((rows * (place - 14).square()).sum()) - 16 / 12
    assert variance == pytest.approx((LEVELS["blur"][1] * 28) ** 2, rel=0.1)


def test_an_occlusion_is_a_black_square_of_its_size() -> None:
    """White images lose at most its area, and exactly this area where the square is inside."""
    black = (corruptions.levels(torch.ones(200, 784), "occlusion", 0)[1] == 0).sum(1)
    area = (LEVELS["occlusion"][1] * 28) ** 2
    assert int(black.max()) == pytest.approx(area, abs=15)
    assert int(black.min()) >= area / 4 - 8


def test_contrast_keeps_the_mean_and_shrinks_the_rest() -> None:
    """The deviation from the mean of the image loses its share."""
    x = torch.rand(50, 784, generator=torch.Generator().manual_seed(0))
    flat = corruptions.levels(x, "contrast", 0)[2]
    assert torch.allclose(flat.mean(1), x.mean(1), atol=1e-6)
    assert torch.allclose(flat.std(1), (1 - LEVELS["contrast"][2]) * x.std(1), atol=1e-6)
