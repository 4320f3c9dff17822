"""Sharpness of images whose edges are known."""

import pytest
import torch

from latente.data import batches
from latente.data.splits import Splits
from latente.measures.sharpness import Expected, sharpness


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


def test_at_equal_ink_real_digits_are_as_sharp_as_themselves(images: Splits) -> None:
    """The mean over the real images is 1, and images of a single bin are compared with that bin."""
    x = batches.whole(images.train)
    expected = Expected.of(x)
    assert expected.at_ink(x).mean() == pytest.approx(1, abs=1e-9)
    assert len(expected.edges) + 1 == len(expected.sharpness) == 20


def test_the_ink_of_thicker_lines_does_not_count_as_sharpness(images: Splits) -> None:
    """The half of the digits with more ink is sharper, but not at equal ink."""
    x = batches.whole(images.train)
    inked = x[x.mean(1) > x.mean(1).median()]
    assert (sharpness(inked).mean() / sharpness(x).mean()).item() > 1.1
    assert Expected.of(x).at_ink(inked).mean() == pytest.approx(1, abs=0.02)


def test_blur_lowers_the_sharpness_at_equal_ink(images: Splits) -> None:
    """A blur keeps the ink of a digit."""
    x = batches.whole(images.test)
    blurred = torch.nn.functional.avg_pool2d(x.reshape(-1, 1, 28, 28), 5, stride=1, padding=2).reshape(-1, 784)
    assert Expected.of(x).at_ink(blurred).mean() < 0.7


def test_few_real_images_make_as_many_bins() -> None:
    """Three images have three bins."""
    assert len(Expected.of(torch.rand(3, 784)).sharpness) == 3
