"""Functions that draw arrays onto axes, without the global state of pyplot."""

import io
import math
from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Bool, Float, UInt8
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator

from latente.results.labels import class_colour, class_name, colour

WIDTH = 8.0

MANY = 20
"""Figures have room for the names of so many classes."""

_LETTER = 0.08  # width in inches

_LARGEST = 1.0  # side of an image in a row, in inches

_EDGE = 0.75  # grey level around each image, so that bright images have an edge

_OUTLINE = [withStroke(linewidth=2.5, foreground="white")]


def figure(height: float, width: float = WIDTH) -> Figure:
    """An empty figure with automatic layout; sizes are in inches."""
    return Figure(figsize=(width, height), layout="constrained")


def message(text: str) -> Figure:
    """A sentence in place of a figure."""
    drawn = figure(1.0)
    drawn.text(0.5, 0.5, text, ha="center", va="center")
    return drawn


def image_rows(
    rows: Mapping[str, Float[np.ndarray, "_ pixels"]],
    titles: Sequence[str] = (),
    framed: Mapping[str, Bool[np.ndarray, " _"]] | None = None,
) -> Figure:
    """Rows of square images in [0, 1] with a name at the left. A short row ends early; long rows have several bands.

    Args:
        rows: Name -> images.
        titles: Of the columns.
        framed: Name -> which images of the row have a thick frame.
    """
    most = max(map(len, rows.values()))
    columns = math.ceil(most / math.ceil(most / MANY))
    parts = [slice(start, start + columns) for start in range(0, most, columns)]
    left = max(map(len, rows)) * _LETTER + 0.15
    shown = [class_name(title) for title, _ in zip(titles, range(most), strict=bool(titles))]
    turned = are_long(shown, min(_LARGEST, (WIDTH - left) / columns))
    beside = 0.75 * _longest(shown) + 0.1 if turned else 0.05  # a turned name needs as much above its image
    cell = min(_LARGEST, (WIDTH - left - beside) / columns)
    top = 0.05 + max(beside, 0.2) * bool(shown)
    height = top + cell * len(rows)
    drawn = Figure(figsize=(WIDTH, height * len(parts) + 0.05))
    for band, part in enumerate(parts):
        place = left, 0.05 + height * (len(parts) - 1 - band), cell * columns, cell * len(rows)
        axes = drawn.add_axes(tuple(np.array(place) / np.tile(drawn.get_size_inches(), 2)))
        _band(axes, {name: images[part] for name, images in rows.items()}, columns)
        _frames(axes, [(framed or {}).get(name, np.zeros(most, bool))[part] for name in rows])
        look = {"rotation": 45.0, "ha": "left", "fontsize": 8.0} if turned else {"fontsize": 9.0}
        axes.set_xticks(range(len(shown[part])), shown[part])
        for text in axes.get_xticklabels():
            text.set(**look)
    return drawn


def _band(axes: Axes, rows: Mapping[str, Float[np.ndarray, "_ pixels"]], columns: int) -> None:
    """One picture of all images, because hundreds of axes take seconds. An image is a unit square."""
    side = math.isqrt(next(iter(rows.values())).shape[1])
    gap = max(2, side // 16)
    cells = np.ones((len(rows), columns, side + 2 * gap, side + 2 * gap))
    for row, images in zip(cells, rows.values(), strict=True):
        row[: len(images), gap - 1 : side + gap + 1, gap - 1 : side + gap + 1] = _EDGE
        row[: len(images), gap : side + gap, gap : side + gap] = images.reshape(-1, side, side)
    axes.imshow(
        cells.transpose(0, 2, 1, 3).reshape(len(rows) * (side + 2 * gap), -1),
        extent=(-0.5, columns - 0.5, len(rows) - 0.5, -0.5),
        cmap="gray",
        vmin=0,
        vmax=1,
        interpolation="nearest",
    )
    axes.set_yticks(range(len(rows)), rows, fontsize=9)
    axes.tick_params(length=0, labeltop=True, labelbottom=False)
    axes.spines[:].set_visible(False)


def are_long(names: Sequence[str], room: float) -> bool:
    """Whether a name is longer than its room, in inches; then the names are turned."""
    return _longest(names) > room


def _longest(names: Sequence[str]) -> float:
    """The width of the longest name in inches."""
    return max(map(len, names), default=0) * _LETTER


def some(names: Sequence[str]) -> list[str]:
    """The names of classes for a figure; of many classes, only every second, third and so on, and otherwise no text.

    Example:
        >>> some(["0", "a_b"]), sum(map(bool, some(["a"] * 47)))
        (['0', 'a b'], 16)
    """
    every = math.ceil(len(names) / MANY)
    return ["" if index % every else class_name(name) for index, name in enumerate(names)]


def _frames(axes: Axes, rows: Sequence[Bool[np.ndarray, " _"]]) -> None:
    """A frame around some images of a band."""
    for row, marked in enumerate(rows):
        for column in np.flatnonzero(marked):
            corner = (column - 0.5, row - 0.5)
            axes.add_patch(Rectangle(corner, 1, 1, fill=False, edgecolor=colour(1), linewidth=2.2, clip_on=False))


def mosaic(axes: Axes, images: Float[np.ndarray, "images pixels"], columns: int) -> None:
    """One picture of many images in [0, 1]; images that do not fill a whole row are left out."""
    rows = len(images) // columns
    side = math.isqrt(images.shape[1])
    tiles = images[: rows * columns].reshape(rows, columns, side, side)
    picture = np.pad(tiles, ((0, 0), (0, 0), (1, 1), (1, 1)), constant_values=0.35).transpose(0, 2, 1, 3)
    axes.imshow(
        picture.reshape(rows * (side + 2), columns * (side + 2)), cmap="gray", vmin=0, vmax=1, interpolation="nearest"
    )
    axes.set(xticks=[], yticks=[])


def scatter(
    axes: Axes, points: Float[np.ndarray, "images 2"], labels: UInt8[np.ndarray, " images"], names: Sequence[str]
) -> None:
    """Points in the plane, coloured by class; the name of a class marks its median.

    Of many classes, some have names; a single class has none. Both axes have the same scale; it has no unit.
    """
    size = 7 if len(names) > MANY else None
    for value, (name, shown) in enumerate(zip(names, some(names), strict=True)):
        x, y = points[labels == value].T
        axes.scatter(x, y, s=4, color=class_colour(value), label=class_name(name), linewidths=0, rasterized=True)
        if len(x) and len(names) > 1:
            place = np.median(x), np.median(y)
            axes.text(*place, shown, ha="center", va="center", path_effects=_OUTLINE, fontsize=size)
    axes.set_aspect("equal", adjustable="datalim")
    axes.set(xticks=[], yticks=[])


def legend(drawn: Figure, title: str | None = None, markerscale: float = 1) -> None:
    """One legend below all panels."""
    handles, names = drawn.axes[0].get_legend_handles_labels()
    drawn.legend(
        handles,
        names,
        loc="outside lower center",
        ncols=min(len(names), 10),
        title=title,
        markerscale=markerscale,
        frameon=False,
    )


def seeds_and_mean(axes: Axes, groups: Mapping[str, Mapping[str, Sequence[float]]], skip: int = 0) -> None:
    """A bar for each mean and a dot for each seed.

    Args:
        axes: Where to draw.
        groups: Label on the axis -> name in the legend -> values of the seeds.
        skip: Number of colours to leave out, those of the first models.
    """
    names = list(dict.fromkeys(name for group in groups.values() for name in group))
    width = 0.8 / len(names)
    for index, name in enumerate(names):
        for position, group in enumerate(groups.values()):
            values = group.get(name, ())
            if not len(values):
                continue
            x = position + (index - (len(names) - 1) / 2) * width
            axes.bar(
                x, np.mean(values), width * 0.92, color=colour(index + skip), label=name if position == 0 else None
            )
            axes.plot(np.full(len(values), x), values, "o", color="black", markersize=2.5, markerfacecolor="white")
    axes.set_xticks(range(len(groups)), list(groups))
    axes.spines[["top", "right"]].set_visible(False)


def silhouette(
    axes: Axes, values: Float[np.ndarray, " images"], labels: UInt8[np.ndarray, " images"], names: Sequence[str]
) -> None:
    """The silhouette of every image, sorted within its class. A dashed line shows the mean."""
    start, shown = 0, some(names)
    for value in map(int, np.unique(labels)):
        part = np.sort(values[labels == value])
        axes.fill_betweenx(np.arange(start, start + len(part)), 0, part, color=class_colour(value), linewidth=0)
        middle = start + len(part) / 2
        axes.text(-0.02, middle, shown[value], ha="right", va="center", transform=axes.get_yaxis_transform())
        start += len(part)
    axes.axvline(float(values.mean()), color="black", linestyle="--", linewidth=1)
    axes.set(yticks=[], ylim=(0, start), xlabel="silhouette")
    axes.spines[["top", "right", "left"]].set_visible(False)


def heatmap(axes: Axes, values: Float[np.ndarray, "n n"], names: Sequence[str], title: str) -> None:
    """A square table of numbers in [0, 1] with colours."""
    axes.imshow(values, cmap="Blues", vmin=0, vmax=1)
    for (row, column), value in np.ndenumerate(values):
        axes.text(
            column, row, f"{value:.2f}", ha="center", va="center", color="white" if value > 0.6 else "black", fontsize=8
        )
    axes.set_xticks(range(len(names)), names, rotation=45, ha="right")
    axes.set_yticks(range(len(names)), names)
    axes.set_title(title, fontsize=10)


def lines(axes: Axes, curves: Mapping[str, Sequence[Float[np.ndarray, " points"]]]) -> None:
    """One line for each seed and one colour for each model. The x axis counts from 1."""
    for index, (name, seeds) in enumerate(curves.items()):
        for number, values in enumerate(seeds):
            x = np.arange(1, 1 + len(values))
            axes.plot(x, values, color=colour(index), linewidth=1.2, label=name if number == 0 else None)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.spines[["top", "right"]].set_visible(False)


def along(axes: Axes, groups: Mapping[str, Mapping[float, Sequence[float]]]) -> None:
    """A line through the mean of every step, and a dot for each seed. All steps have the same distance.

    Args:
        axes: Where to draw.
        groups: Name in the legend -> position on the path -> values of the seeds.
    """
    steps = sorted({step for group in groups.values() for step in group})
    for index, (name, group) in enumerate(groups.items()):
        x = [steps.index(step) for step in group]
        axes.plot(x, [np.mean(values) for values in group.values()], "-", color=colour(index), label=name)
        for position, values in zip(x, group.values(), strict=True):
            axes.plot(np.full(len(values), position), values, "o", color=colour(index), markersize=3, alpha=0.6)
    axes.set_xticks(range(len(steps)), [f"{step:g}" for step in steps])
    axes.spines[["top", "right"]].set_visible(False)


def to_png(figure: Figure) -> bytes:
    """The PNG of a figure. It does not name the version of matplotlib, so that equal figures have equal bytes."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=150, metadata={"Software": None})
    return buffer.getvalue()
