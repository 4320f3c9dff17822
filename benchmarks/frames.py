"""The explorer in Chromium: how soon it is ready, and how long a frame takes while the pointer is dragged."""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from playwright.sync_api import Page, sync_playwright

from benchmarks import text
from latente.project import paths
from latente.study import tables

_SLOWDOWNS = (1, 4)  # of the processor, by Chromium
_MAPS = {"plane": "two dimensions", "pca": "PCA plane", "tsne": "t-SNE"}
_MOVES = 60  # of the mouse, in one drag

# Before the page starts: note when it is ready, and time everything that it does before a frame.
_WATCH = """
const request = window.requestAnimationFrame.bind(window);
window.frameTimes = [];
window.requestAnimationFrame = (draw) => request((now) => {
  const start = performance.now();
  draw(now);
  window.frameTimes.push(performance.now() - start);
});
document.addEventListener("DOMContentLoaded", () => new MutationObserver(() => {
  window.readyAt ??= document.documentElement.dataset.ready && performance.now();
}).observe(document.documentElement, { attributes: true }));
"""


@dataclass(frozen=True)
class Speed:
    """Times of the explorer at one speed of the processor.

    Attributes:
        ready: Milliseconds until the page can be used.
        frames: Map -> milliseconds of every frame of a drag.
    """

    ready: float
    frames: Mapping[str, list[float]]


def measure() -> dict[int, Speed]:
    """Slowdown of the processor -> times of the page that the stage `explore` has written."""
    return {slowdown: _measure(slowdown) for slowdown in _SLOWDOWNS}


def _measure(slowdown: int) -> Speed:
    with _opened(slowdown) as page:
        ready = float(page.evaluate("window.readyAt"))
        page.wait_for_timeout(2000 * slowdown)  # the page prepares its networks
        return Speed(ready, {kind: _drag(page, kind) for kind in _MAPS})


@contextmanager
def _opened(slowdown: int) -> Iterator[Page]:
    names = ("chromium", "chromium-browser", "google-chrome")
    flags = ["--disable-gpu", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=next(filter(None, map(shutil.which, names))), args=flags)
        page = browser.new_page(viewport={"width": 1200, "height": 900})
        page.add_init_script(_WATCH)
        page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slowdown})
        page.goto(paths.explore().resolve().as_uri())
        page.wait_for_selector("html[data-ready]")
        yield page
        browser.close()


def _drag(page: Page, kind: str) -> list[float]:
    page.click(f"label[for=kind-{kind}]")
    page.wait_for_timeout(1500)
    box = page.locator("#over-0").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 3, box["y"] + box["height"] / 3
    page.mouse.move(x, y)
    page.mouse.down()
    page.wait_for_timeout(500)
    page.evaluate("window.frameTimes = []")
    for step in range(_MOVES):
        page.mouse.move(x + 2 * step, y + step)
    times: list[float] = page.evaluate("window.frameTimes")
    page.mouse.up()
    return times


def to_markdown(found: Mapping[int, Speed]) -> str:
    """The part of docs/performance.md about the explorer."""
    rows = [
        [f"{slowdown} ×", f"{speed.ready / 1000:.2f}", *map(_frames, speed.frames.values())]
        for slowdown, speed in found.items()
    ]
    head = ["processor slowed down", "ready (s)", *(f"{name} (ms)" for name in _MAPS.values())]
    size = paths.explore().stat().st_size / 1e6
    return "\n\n".join(
        [
            "## The explorer",
            text.paragraph(
                f"The page has {size:.2f} MB. *Ready* is the time from its address to its first use, in Chromium. The",
                "other columns are the work before a frame while the pointer is dragged: the median, and in brackets",
                "the value that 95 % of the frames do not exceed. A screen shows a frame every 16 ms.",
            ),
            tables.render("markdown", head, rows),
        ]
    )


def _frames(times: list[float]) -> str:
    return f"{np.median(times):.1f} ({np.quantile(times, 0.95):.1f})"
