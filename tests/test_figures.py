"""Figures of many classes stay readable."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.patches import Rectangle

from latente.results import figures

NAMES = [f"class {number:02}" for number in range(47)]
GENERATOR = np.random.default_rng(0)


def test_long_rows_have_several_bands() -> None:
    """47 images of a row stand in three bands, each with its titles and frames; the last band is shorter."""
    images = GENERATOR.random((47, 64))
    frames = {"AE": np.arange(47) == 20}
    drawn = figures.image_rows({"AE": images, "VAE": images[:10]}, titles=NAMES, framed=frames)
    shown = [[text.get_text() for text in axes.get_xticklabels()] for axes in drawn.axes]
    assert shown == [NAMES[:16], NAMES[16:32], NAMES[32:]]
    marked = [[patch.get_xy() for patch in axes.patches if isinstance(patch, Rectangle)] for axes in drawn.axes]
    assert marked == [[], [(3.5, -0.5)], []]
    picture = drawn.axes[1].images[0].get_array()
    np.testing.assert_array_equal(picture[2:10, 50:58], images[20].reshape(8, 8))
    assert (picture[[1, 10], 50:58] == 0.75).all(), "an image has an edge"
    assert (picture[12:] == 1).all(), "the short row has ended"


def test_long_names_of_two_classes_stay_inside() -> None:
    """Images are at most an inch wide. Longer names are turned, and no name leaves the figure."""
    images = GENERATOR.random((2, 64))
    drawn = figures.image_rows({"a model with a long name": images}, titles=["a fine garment", "another garment"])
    (axes,) = drawn.axes
    place = axes.get_window_extent().transformed(drawn.dpi_scale_trans.inverted())
    assert (place.width, place.height) == pytest.approx((2, 1))
    FigureCanvasAgg(drawn).draw()
    for text in [*axes.get_xticklabels(), *axes.get_yticklabels()]:
        extent = text.get_window_extent()
        assert drawn.bbox.contains(extent.x0, extent.y0), text.get_text()
        assert drawn.bbox.contains(extent.x1, extent.y1), text.get_text()
    first, second = (text.get_rotation() for text in axes.get_xticklabels())
    assert first == second == 45


def test_few_names_stand_among_many_classes() -> None:
    """A drawing names every third of 47 classes, and every one of ten."""
    labels = (np.arange(470) % 47).astype(np.uint8)
    points = GENERATOR.random((470, 2))
    for names, expected in ((NAMES, NAMES[::3]), (NAMES[:10], NAMES[:10])):
        few = labels < len(names)
        drawn = figures.figure(3.0)
        left, right = drawn.subplots(1, 2)
        figures.scatter(left, points[few], labels[few], names)
        figures.silhouette(right, points[few, 0], labels[few], names)
        for axes in (left, right):
            assert [text.get_text() for text in axes.texts if text.get_text()] == expected
