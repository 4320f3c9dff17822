"""Sharpness of images whose edges are known."""

import pytest
import torch

from latente.data import batches
from latente.data.splits import Splits
from latente.measures.sharpness import sharpness


def test_a_checkerboard_is_as_sharp_as_can_be_and_an_even_image_not_at_all() -> None:
    """All differences are 1 in a checkerboard, and 0 in an even image."""
    rows = torch.arange(28)
    board = ((rows[:, None] + rows) % 2).float().reshape(1, 784)
    assert sharpness(board).item() == 1
    assert not sharpness(torch.full((3, 784), 0.5)).any()


def test_one_edge_counts_once() -> None:
    """In a half-white image, one of 27 horizontal differences is 1, and all vertical differences are 0."""
    half = torch.zeros(1, 28, 28)
    half[:, :, 14:] = 1
    assert sharpness(half.reshape(1, 784)).item() == pytest.approx(1 / 27 / 2)


def test_blur_lowers_the_sharpness_of_real_digits(images: Splits) -> None:
    """A window of five pixels lowers the sharpness by more than 30 %."""
    x = batches.whole(images.test)
    blurred = torch.nn.functional.avg_pool2d(x.reshape(-1, 1, 28, 28), 5, stride=1, padding=2).reshape(-1, 784)
    assert sharpness(blurred).mean() < 0.7 * sharpness(x).mean()
