"""Factors of images that are drawn with known factors."""

from typing import Any

import numpy as np
import pytest

from latente.data.splits import Splits
from latente.measures import factors

SIDE, FINE = 28, 8
GENERATOR = np.random.default_rng(0)


def outline(
    width: float, height: float, thickness: float, slant: float = 0, place: tuple[float, float] = (0, 0)
) -> np.ndarray:
    """The outline of a rectangle, drawn finely and averaged, as one row of pixels.

    Args:
        width: Outer width, in pixels.
        height: Outer height.
        thickness: Of the stroke.
        slant: Pixels to the right for each pixel upwards.
        place: Of the centre, to the right of the middle of the image, and below it.
    """
    y, x = ((axis + 0.5) / FINE - SIDE / 2 for axis in np.mgrid[: SIDE * FINE, : SIDE * FINE])
    y, x = y - place[1], x - place[0] + slant * (y - place[1])

    def box(less: float) -> np.ndarray:
        return (np.abs(x) < width / 2 - less) & (np.abs(y) < height / 2 - less)

    fine = (box(0) & ~box(thickness)).astype(np.float64)
    return np.asarray(fine.reshape(SIDE, FINE, SIDE, FINE).mean((1, 3)).ravel())


def measured(**known: Any) -> dict[str, float]:
    shape: dict[str, Any] = {"width": 14.0, "height": 20.0, "thickness": 3.0} | known
    return {name: float(values[0]) for name, values in factors.measure(outline(**shape)[None]).values.items()}


@pytest.mark.parametrize("thickness", [2.0, 3.0, 4.0, 5.0])
def test_thickness_is_that_of_the_pen(thickness: float) -> None:
    """Within half a pixel, also for a slanted stroke."""
    assert measured(thickness=thickness)["thickness"] == pytest.approx(thickness, abs=0.5)
    assert measured(thickness=thickness, slant=0.2)["thickness"] == pytest.approx(thickness, abs=0.6)


@pytest.mark.parametrize("slant", [-0.4, 0.0, 0.3])
def test_slant_is_positive_to_the_right_and_does_not_change_the_width(slant: float) -> None:
    """The shear is found, and width and height are those before the shear."""
    found = measured(slant=slant, height=18.0)
    assert found["slant"] == pytest.approx(slant, abs=0.01)
    assert found["width"] == pytest.approx(14, abs=1.5)  # the grey pixels of a slanted edge count
    assert found["height"] == pytest.approx(18, abs=1)


@pytest.mark.parametrize(("width", "height"), [(8.0, 20.0), (18.0, 12.0)])
def test_width_and_height_are_those_of_the_drawing(width: float, height: float) -> None:
    """Within a pixel."""
    found = measured(width=width, height=height)
    assert (found["width"], found["height"]) == pytest.approx((width, height), abs=1)


def test_ink_and_position_are_exact() -> None:
    """The area of the stroke, and the place of its centre."""
    found = measured(place=(2.0, -3.0))
    assert found["ink"] == pytest.approx((14 * 20 - 8 * 14) / SIDE**2, rel=1e-6)
    assert (found["across"], found["down"]) == pytest.approx((2, -3), abs=1e-6)


def test_random_drawings_are_told_apart() -> None:
    """The measured factors of 200 drawings correlate with the known ones."""
    known = {
        "width": GENERATOR.uniform(9, 16, 200),
        "height": GENERATOR.uniform(14, 20, 200),
        "thickness": GENERATOR.uniform(1.5, 4, 200),
        "slant": GENERATOR.uniform(-0.3, 0.3, 200),
    }
    drawn = np.array([outline(*values) for values in zip(*known.values(), strict=True)])
    found = factors.measure(drawn).values
    for name, values in known.items():
        assert np.corrcoef(values, found[name])[0, 1] > 0.93, name


def test_outlines_are_strokes_and_filled_shapes_are_not() -> None:
    """Without strokes, only ink and position describe the images; centred images have no position."""
    sizes = GENERATOR.uniform(10, 20, (60, 2))
    strokes = factors.measure(np.array([outline(w, h, 2.5, slant=(w - h) / 50) for w, h in sizes]))
    assert strokes.are_strokes()
    assert strokes.useful() == ["thickness", "slant", "width", "height", "ink"]
    filled = factors.measure(np.array([outline(w, h, 10, place=(w - 15, 0)) for w, h in sizes]))
    assert not filled.are_strokes()
    assert filled.useful() == ["ink", "across"]


def test_digits_have_strokes_and_no_position(images: Splits) -> None:
    """MNIST is centred: its positions vary by rounding alone."""
    found = factors.measure(images.test.grey)
    assert found.useful() == ["thickness", "slant", "width", "height", "ink"]
    assert found.table(["ink", "width"]).shape == (200, 2)


def test_images_without_ink_have_no_factors() -> None:
    """Nothing divides by zero, and constant factors are left out."""
    found = factors.measure(np.zeros((5, 64)))
    assert all((values == 0).all() for values in found.values.values())
    assert found.useful() == []
    assert found.table([]).shape == (5, 0)
