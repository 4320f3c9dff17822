"""The explorer in a real browser: against torch; by mouse, touch and keyboard; in both languages and colour schemes."""

import base64
import hashlib
import json
import math
import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import numpy as np
import pytest
import torch
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, FrameLocator, Locator, Page

from latente.analyses import representation
from latente.data.splits import Splits
from latente.explorer import factors, judging, maps, page
from latente.explorer.spaces import Space
from latente.measures import density_ratio
from latente.measures.active_units import measured_units
from latente.project.sections import Network
from latente.translations import names
from tests.explorers import OPTIONS, Explorer, explorer
from tests.support import mlp, needs_browser, unlabelled

pytestmark = [pytest.mark.slow, needs_browser]

TABS = ("map", "traversals", "paths", "samples", "drawing")
ROUNDING = 2 / 255  # grey levels of a canvas, and codes with sixteen bits


class Opened(NamedTuple):
    """A page, the addresses that it asked for, and what it wrote to the console."""

    page: Page
    requests: list[str]
    messages: list[str]


@pytest.fixture(scope="module")
def small(images: Splits) -> Explorer:
    """An AE beside a VAE, multilayer perceptrons."""
    return explorer(images, mlp((64, 48)), ["ae", "vae"])


@pytest.fixture(scope="module")
def convolutional(images: Splits) -> Explorer:
    """Three models with convolutions; one has a prior of its own."""
    return explorer(images, Network(name="conv", hidden=(32,), channels=(4, 8)), ["ae", "vamp", "vae"])


@pytest.fixture(scope="module")
def file(small: Explorer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of the page."""
    found = tmp_path_factory.mktemp("explorer") / "explore.html"
    found.write_bytes(small.page)
    return found


Open = Callable[..., Opened]


@pytest.fixture
def show(browser: Browser, file: Path) -> Iterator[Open]:
    """Open the page, with a state in its address."""
    contexts = []

    def opened(
        content: bytes = b"", *, width: int = 1200, options: dict[str, Any] | None = None, **state: Any
    ) -> Opened:
        if content:
            (path := file.with_name("other.html")).write_bytes(content)
        context = browser.new_context(
            viewport={"width": width, "height": 900}, **({"locale": "en-GB"} | (options or {}))
        )
        contexts.append(context)
        view = Opened(context.new_page(), [], [])
        view.page.on("request", lambda asked: view.requests.append(asked.url))
        view.page.on("console", lambda message: message.type == "error" and view.messages.append(message.text))
        view.page.on("pageerror", lambda error: view.messages.append(str(error)))
        address = "&".join(f"{key}={quote(json.dumps(value))}" for key, value in state.items())
        view.page.goto(f"{(path if content else file).as_uri()}#{address}")
        view.page.wait_for_selector("html[data-ready]")
        return view

    yield opened
    for context in contexts:
        context.close()


def pixels(canvas: Locator) -> np.ndarray:
    """Grey levels of a canvas, in [0, 1]."""
    data = canvas.evaluate(
        "canvas => [...canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data]"
    )
    return np.array(data)[::4] / 255


def until(view: Page, condition: str) -> None:
    """Wait for a condition. The policy of the page forbids `wait_for_function`, which evaluates text."""
    for _ in range(200):
        if view.evaluate(condition):
            return
        view.wait_for_timeout(100)
    pytest.fail(f"never: {condition}")


def marks(view: Page, selector: str) -> str:
    """What a large canvas shows."""
    return view.locator(selector).evaluate("canvas => canvas.toDataURL()")


def settle(view: Page | FrameLocator, pause: int = 0) -> None:
    """Wait until the page has drawn the last change, then `pause` milliseconds, by the page's own clock.

    The page counts its frames and its pauses itself, so a busy machine delays page and test alike.
    """
    view.locator("body").evaluate(
        """(_, pause) => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(
            () => setTimeout(done, pause))))""",
        pause,
    )


def state(view: Page) -> dict[str, Any]:
    """The state in the address, after the pause in which it is written."""
    settle(view, 400)
    text = view.evaluate("location.hash.slice(1)")
    return {
        key: json.loads(view.evaluate("decodeURIComponent", value)) for key, value in re.findall(r"(\w+)=([^&]*)", text)
    }


def decoded(space: Space, code: np.ndarray) -> np.ndarray:
    with torch.no_grad():
        return space.net.decode(torch.tensor(code, dtype=torch.float32)).sigmoid().numpy()


def shown_images(small: Explorer) -> np.ndarray:
    """The test images of the map, in their order."""
    block = small.content.blocks[0]
    where = small.content.meta["data"]["numbers"]
    return np.frombuffer(bytes(block.content), np.float32, int(np.prod(where["shape"])), where["at"]).astype(int)


def stated(small: Explorer, kind: str) -> list[float]:
    """The largest difference that the page states, for every model."""
    return [model[kind]["accuracy"]["largest"] for model in small.content.meta["models"]]


# Page and torch


@pytest.mark.parametrize("network", ["small", "convolutional"])
def test_images_are_those_of_torch(show: Open, network: str, request: pytest.FixtureRequest) -> None:
    """The decoded image of a test image differs from that of torch by what the page states, in every space."""
    made: Explorer = request.getfixturevalue(network)
    number = shown_images(made)[7]
    for kind, name in (("pca", "study"), ("plane", "plane")):
        view = show(made.page, image=7, kind=kind).page
        for index, largest in enumerate(stated(made, name)[:2]):
            space: Space = getattr(made.models[index], name)
            expected = decoded(space, space.codes.only("test").mean[number])
            assert np.abs(pixels(view.locator(f"#image-{index}")) - expected).max() <= largest + ROUNDING
        original = made.images.test.pixels[number] / 255
        assert np.abs(pixels(view.locator("#image-original")) - original).max() <= 8.5 / 255


def test_the_stated_difference_is_small(small: Explorer, convolutional: Explorer) -> None:
    """Weights with eight bits change no pixel much."""
    for made in (small, convolutional):
        accuracies = [model[kind]["accuracy"] for model in made.content.meta["models"] for kind in ("study", "plane")]
        assert max(one["mean"] for one in accuracies) < 0.005
        assert max(one["largest"] for one in accuracies) < 0.2


def test_a_point_of_the_plane_is_decoded_exactly(show: Open, small: Explorer) -> None:
    """The code is the position of the pointer, and the density ratio is that of scikit-learn."""
    space, point = small.models[1].plane, [0.5, -0.25]
    view = show(kind="plane", active=1, pointer=point).page
    difference = np.abs(pixels(view.locator("#image-1")) - decoded(space, np.array(point)))
    assert difference.max() <= stated(small, "plane")[1] + ROUNDING
    train, validation = space.codes.only("train"), space.codes.only("validation")
    units = measured_units(train, OPTIONS.gap.active)
    ratio = density_ratio.fit(
        train.sample[:400][:, units], validation.sample[:, units], train.prior.of_units(units), 100, 0
    )
    expected = float(ratio.log(np.array([point])[:, units])[0])
    said = re.findall(r"[−\d.]+", view.locator("#hole-1").inner_text())[-1]
    assert float(said.replace("−", "-")) == pytest.approx(expected, abs=0.06)


def test_a_drag_on_the_pca_map_is_exact(show: Open, small: Explorer) -> None:
    """The code of the anchor moves along the main directions only."""
    space, number = small.models[0].study, shown_images(small)[3]
    test = space.codes.only("test").mean
    plane = maps.main_plane(test)
    anchor = plane.directions @ (test[number] - plane.centre)
    moved = anchor + np.array([1.0, -0.5])
    view = show(kind="pca", active=0, image=3, pointer=moved.tolist()).page
    expected = decoded(space, test[number] + np.array([1.0, -0.5]) @ plane.directions)
    assert np.abs(pixels(view.locator("#image-0")) - expected).max() <= stated(small, "study")[0] + ROUNDING
    assert view.locator("#where-0").inner_text() == "under the pointer"


@pytest.mark.parametrize("network", ["small", "convolutional"])
def test_the_judge_is_that_of_torch(show: Open, network: str, request: pytest.FixtureRequest) -> None:
    """Class, confidence and decision of the original, from the same rounded networks."""
    made: Explorer = request.getfixturevalue(network)
    judge = judging.of(made.judge, torch.tensor(made.images.validation.grey), OPTIONS.accept)
    for index in (0, 5, 9):
        view = show(made.page, image=index).page
        x = torch.tensor(pixels(view.locator("#image-original")), dtype=torch.float32)[None]
        expected = judging.predict(judge, x)
        cell = view.locator("#judge-original:not(.waiting)")
        name, share = re.findall(r"\d+", cell.inner_text())
        assert int(name) == int(expected.label[0])
        assert int(share) == pytest.approx(100 * float(expected.confidence[0]), abs=1)
        assert cell.get_attribute("data-accepted") == str(bool(expected.accepted[0])).lower()


def test_the_page_computes_an_encoder(show: Open, small: Explorer) -> None:
    """A copied image, encoded and decoded, is nearly its reconstruction: the board has blurred it."""
    view = show(tab="drawing", image=4).page
    view.click("#copy")
    settle(view, 100)  # the empty drawing may have been judged before
    view.wait_for_selector("#drawing-images li[data-accepted] >> nth=2")
    x = torch.tensor(pixels(view.locator("#drawing-images canvas").first), dtype=torch.float32)[None]
    for index, model in enumerate(small.models):
        with torch.no_grad():
            expected = decoded(model.study, model.study.net.posterior(x).mean.numpy())[0]
        own = pixels(view.locator("#drawing-images canvas").nth(index + 1))
        assert np.abs(own - expected).mean() < 0.01


# What the page is


def test_the_page_loads_nothing_and_the_browser_blocks_nothing(show: Open, file: Path) -> None:
    """Script, style, images and data are in the file, in every part of the page."""
    view = show()
    for tab in TABS:
        view.page.click(f"#tab-{tab}")
        settle(view.page, 300)
    assert {address.partition("#")[0] for address in view.requests if not address.startswith("data:")} == {
        file.as_uri()
    }
    assert view.messages == []


def test_the_page_has_the_same_bytes_again(small: Explorer) -> None:
    """Nothing depends on the time."""
    assert page.render(small.content) == small.page


def test_the_security_policy_names_script_and_style(small: Explorer) -> None:
    """Nothing else may run, and nothing may be loaded."""
    text = small.page.decode()
    (policy,) = re.findall(r'Content-Security-Policy"\s+content="([^"]*)"', text)
    (style,) = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    (script,) = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    style_digest, script_digest = (
        base64.b64encode(hashlib.sha256(part.encode()).digest()).decode() for part in (style, script)
    )
    assert policy.split(";")[0] == "default-src 'none'"
    assert f"style-src 'sha256-{style_digest}'" in policy
    assert f"script-src 'sha256-{script_digest}'" in policy
    assert not re.search(r"\sstyle=|\son\w+=\"|https?://|localStorage", text)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("tab", TABS)
def test_axe_finds_nothing(show: Open, tab: str, scheme: str) -> None:
    """No finding of accessibility, in every part, with the tour and a class that is shown alone."""
    view = show(tab=tab, step=1, isolated=2, colour="silhouette", options={"color_scheme": scheme}).page
    settle(view, 1200)
    view.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    found = Axe().run(view).response["violations"]
    assert [(rule["id"], node["html"]) for rule in found for node in rule["nodes"]] == []


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("tab", TABS)
def test_the_page_is_never_wider_than_a_telephone(show: Open, tab: str, language: str) -> None:
    """Nothing scrolls sideways at 390 pixels, also with the tour."""
    view = show(width=390, tab=tab, step=0, language=language, options={"has_touch": True}).page
    settle(view, 800)
    assert view.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.parametrize(("locale", "language", "word"), [("es-CL", "es", "Mapa"), ("fr-FR", "en", "Map")])
def test_the_language_is_that_of_the_browser(show: Open, locale: str, language: str, word: str) -> None:
    """Spanish or English; a button switches, and no sentence is left in the other language."""
    view = show(options={"locale": locale}).page
    assert view.locator("html").get_attribute("lang") == language
    assert view.locator("#tab-map").inner_text() == word
    other = {"es": "en", "en": "es"}[language]
    view.click(f"#language-{other}")
    until(view, f"document.documentElement.lang === '{other}'")
    expected = {"es": "Mapa", "en": "Map"}[other]
    settle(view)
    assert view.locator("#tab-map").inner_text() == expected
    assert state(view)["language"] == other
    texts = page.texts([])
    assert view.locator("#tour-steps button").all_inner_texts() == [
        texts[other][f"tour_{step}"] for step in ("reconstruction", "centroids", "samples", "hole", "classes")
    ]


@pytest.mark.parametrize("kind", ["srcdoc", "blob"])
def test_the_page_works_in_a_sandbox(browser: Browser, file: Path, kind: str) -> None:
    """A frame without origin has no storage and no address, as in MLflow's artifact pane; the page works without."""
    start = (
        "frame.srcdoc = text"
        if kind == "srcdoc"
        else "frame.src = URL.createObjectURL(new Blob([text], {type: 'text/html'}))"
    )
    host = file.with_name(f"host-{kind}.html")
    host.write_text("<!DOCTYPE html><iframe sandbox='allow-scripts' width=1100 height=900></iframe>")
    context = browser.new_context(viewport={"width": 1200, "height": 950}, locale="en-GB")
    view, messages = context.new_page(), list[str]()
    view.on("console", lambda message: message.type == "error" and messages.append(message.text))
    view.on("pageerror", lambda error: messages.append(str(error)))
    view.goto(host.as_uri())
    view.evaluate(f"text => {{ const frame = document.querySelector('iframe'); {start}; }}", file.read_text())
    frame = view.frame_locator("iframe")
    frame.locator("html[data-ready]").wait_for(state="attached")
    before = pixels(frame.locator("#image-1"))
    frame.locator("#over-1").click(position={"x": 60, "y": 60})
    settle(frame, 600)
    assert np.abs(pixels(frame.locator("#image-1")) - before).max() > 0.05
    assert messages == []
    context.close()


# Mouse, touch, keyboard


def middle(view: Page, selector: str) -> tuple[float, float]:
    box = view.locator(selector).bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_a_drag_decodes_live_and_the_judge_follows(show: Open) -> None:
    """Every move of the mouse changes the image before the button is released; the live line names what is there."""
    view = show(kind="plane").page
    x, y = middle(view, "#over-1")
    view.mouse.move(x, y)
    view.mouse.down()
    seen = []
    for step in range(1, 4):
        view.mouse.move(x + 25 * step, y - 15 * step)
        settle(view)
        seen.append(pixels(view.locator("#image-1")))
    assert all(np.abs(a - b).max() > 0.005 for a, b in pairwise(seen))
    view.mouse.up()
    view.wait_for_selector("#judge-1:not(.waiting)")
    until(view, "document.getElementById('live').textContent.includes('VAE: judge')")
    assert state(view)["active"] == 1


def test_the_image_under_the_mouse_is_marked_on_both_maps(show: Open) -> None:
    """Hovering one map changes the marks of the other, and moves no pointer."""
    view = show(kind="pca", image=0).page
    before, pointer = marks(view, "#over-1"), state(view)["pointer"]
    x, y = middle(view, "#over-0")
    for step in range(-60, 60, 4):
        view.mouse.move(x + step, y)
        settle(view)
        if marks(view, "#over-1") != before:
            break
    else:
        pytest.fail("no image is marked")
    assert state(view)["pointer"] == pointer


def test_t_sne_snaps_to_an_image(show: Open) -> None:
    """Between the points nothing is decoded: the pointer goes to the nearest image, and the page says so."""
    view = show(kind="tsne").page
    x, y = middle(view, "#over-0")
    view.mouse.move(x, y)
    view.mouse.down()
    view.mouse.move(x + 31, y + 17)
    view.mouse.up()
    settle(view, 100)
    assert view.locator("#where-0").inner_text() == "of the image"
    assert "snaps to the nearest image" in view.locator("#kind-note").inner_text()
    assert state(view)["active"] == 0


def test_wheel_and_buttons_zoom(show: Open) -> None:
    """The wheel zooms a map with focus, and scrolls the page otherwise."""
    view = show().page
    x, y = middle(view, "#over-0")
    view.mouse.move(x, y)
    view.mouse.wheel(0, -200)
    assert state(view)["views"] == [None, None]
    view.mouse.click(x, y)
    view.mouse.wheel(0, -200)
    zoomed = state(view)["views"][0][2]
    view.click("#closer-0")
    assert state(view)["views"][0][2] < zoomed
    view.click("#whole-0")
    assert state(view)["views"] == [None, None]


def fingers(view: Page) -> Callable[..., None]:
    """A function that puts fingers on the screen, moves them, or lifts them."""
    session = view.context.new_cdp_session(view)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        listed = [{"x": x, "y": y, "id": index} for index, (x, y) in enumerate(points)]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": listed})

    return touch


def test_one_finger_drags_and_two_zoom(show: Open) -> None:
    """At 390 pixels; the page does not scroll away below the fingers."""
    view = show(width=390, kind="plane", options={"has_touch": True, "is_mobile": True}).page
    view.locator("#over-0").scroll_into_view_if_needed()
    x, y = middle(view, "#over-0")
    scrolled, touch = view.evaluate("scrollY"), fingers(view)
    touch("touchStart", (x, y))
    before = pixels(view.locator("#image-0"))
    touch("touchMove", (x + 40, y + 30))
    settle(view)
    assert np.abs(pixels(view.locator("#image-0")) - before).max() > 0.005
    touch("touchEnd")
    touch("touchStart", (x - 20, y), (x + 20, y))
    touch("touchMove", (x - 50, y), (x + 50, y))
    touch("touchEnd")
    extent = state(view)["views"][0][2]
    touch("touchStart", (x - 50, y), (x + 50, y))
    touch("touchMove", (x - 20, y), (x + 20, y))
    touch("touchEnd")
    assert state(view)["views"][0][2] > 1.5 * extent
    assert view.evaluate("scrollY") == scrolled


def test_all_works_by_keyboard_alone(show: Open) -> None:
    """Tab reaches a map; arrows drag, N and P choose images, C goes to the other map, plus zooms."""
    view = show(kind="plane").page
    for _ in range(40):
        view.keyboard.press("Tab")
        if view.evaluate("document.activeElement.id") == "over-0":
            break
    start = state(view)
    view.keyboard.press("ArrowRight")
    assert state(view)["pointer"][0] > start["pointer"][0]
    view.keyboard.press("Shift+ArrowRight")
    view.keyboard.press("+")
    assert state(view)["views"][0] is not None
    view.keyboard.press("n")
    following = state(view)["image"]
    view.keyboard.press("p")
    assert state(view)["image"] == (following - 1) % OPTIONS.images
    view.keyboard.press("c")
    assert view.evaluate("document.activeElement.id") == "over-1"
    view.keyboard.press("ArrowUp")
    assert state(view)["active"] == 1


def test_tabs_follow_the_arrows(show: Open) -> None:
    """As in every list of tabs: one stop of the tab key, arrows inside."""
    view = show().page
    view.focus("#tab-map")
    for tab in (*TABS[1:], TABS[0]):
        view.keyboard.press("ArrowRight")
        view.wait_for_selector(f"#panel-{tab}", state="visible")
        assert view.evaluate("document.activeElement.id") == f"tab-{tab}"
        assert view.locator("[role=tabpanel]:visible").count() == 1


def test_the_legend_shows_a_class_alone_and_its_mean(show: Open, small: Explorer) -> None:
    """Another click shows all again. The mean of the class has the mean of its pixels as original."""
    view = show(kind="pca").page
    labels = small.images.test.labels[shown_images(small)]
    view.click("#classes button >> nth=3")
    assert state(view)["isolated"] == 3
    view.click("#mean")
    settle(view)
    pixel_mean = small.images.test.pixels[shown_images(small)][labels == 3].mean(0) / 255
    assert np.abs(pixels(view.locator("#image-original")) - pixel_mean).max() < 10 / 255
    view.click("#classes button >> nth=3")
    assert state(view)["isolated"] is None


# The other parts


def test_a_slider_changes_the_image_and_sliders_are_sorted(show: Open) -> None:
    """By the rate of the dimension for the VAE; the arrow keys move a slider."""
    view = show(tab="traversals").page
    view.select_option("#traversal-model", "1")
    said = view.locator("#sliders label").all_inner_texts()
    rates = [float(re.findall(r"rate ([\d.]+) nats", one)[0]) for one in said]
    assert rates == sorted(rates, reverse=True)
    before = pixels(view.locator("#traversal-image"))
    view.focus("#sliders input >> nth=0")
    for _ in range(20):
        view.keyboard.press("ArrowRight")
    settle(view)
    assert np.abs(pixels(view.locator("#traversal-image")) - before).max() > 0.01
    view.click("#traversal-reset")
    settle(view)
    assert np.abs(pixels(view.locator("#traversal-image")) - before).max() == 0


def test_a_factor_moves_the_code_in_its_direction(show: Open, small: Explorer) -> None:
    """The image is what torch decodes there; the sliders of the dimensions follow, and the way back is exact."""
    view = show(tab="traversals", image=3).page
    model, factor = small.models[0], 1
    names = view.locator("#factor-sliders label").all_inner_texts()
    assert names[factor] == page.texts([])["en"][f"factor_{small.content.meta['factors'][factor]}"]
    dimension = view.locator("#sliders input").first
    before, place = pixels(view.locator("#traversal-image")), dimension.input_value()
    view.locator("#factor-sliders input").nth(factor).fill("2")
    settle(view)
    code = model.study.codes.only("test").mean[shown_images(small)[3]]
    measured, _ = representation.draw(small.images, OPTIONS.representation)
    moved = code + 2 * factors.directions(model.study.codes, measured)[factor]
    seen = pixels(view.locator("#traversal-image"))
    assert np.abs(seen - decoded(model.study, moved)).max() <= stated(small, "study")[0] + ROUNDING
    assert dimension.input_value() != place
    view.locator("#factor-sliders input").nth(factor).fill("0")
    settle(view)
    assert np.abs(pixels(view.locator("#traversal-image")) - before).max() <= 1 / 255


def test_a_path_starts_and_ends_at_the_images(show: Open) -> None:
    """The first and the last pixels are those of the two images, and every image has a verdict."""
    view = show(tab="paths", **{"from": 2, "to": 9}).page
    until(view, "document.querySelectorAll('#path-lines li[data-accepted]').length === 27")
    line = view.locator("#path-lines section").last.locator("canvas")
    for canvas, end in ((line.first, "#path-start"), (line.last, "#path-end")):
        assert np.abs(pixels(canvas) - pixels(view.locator(end))).max() <= 1 / 255
    titles = view.locator("#path-lines h3").all_inner_texts()
    for row, title in enumerate(titles):
        accepted = view.locator(f"#path-lines section >> nth={row}").locator("li[data-accepted=true]").count()
        assert f": {accepted} of 9 accepted" in title


@pytest.mark.parametrize("density", ["standard", "gaussian", "mixture"])
def test_samples_have_a_seed_and_a_share(show: Open, density: str) -> None:
    """The same seed draws the same images; the share is that of the ticks, beside the number of the study."""
    views = [show(tab="samples", density=density, seed=seed).page for seed in (5, 5, 6)]
    for view in views:
        until(view, "document.querySelectorAll('#sample-lists li[data-accepted]').length === 48")
    first, again, other = (pixels(view.locator("#sample-lists canvas").first) for view in views)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    part = views[0].locator("#sample-lists section").first
    accepted = part.locator("li[data-accepted=true]").count()
    study = {"standard": 25, "gaussian": 50, "mixture": 75}[density]
    assert (
        part.locator("p").inner_text().replace("\u00a0", " ")
        == f"{accepted} of 24 accepted ({math.floor(100 * accepted / 24 + 0.5)} %). Study: {study} %."
    )


def test_the_prior_of_a_model_is_its_own(show: Open, convolutional: Explorer) -> None:
    """Prior samples of the model with a VampPrior have the moments of its mixture, not those of N(0, I)."""
    prior = convolutional.models[1].study.codes.prior
    assert len(prior.mean) == 5
    view = show(convolutional.page, tab="samples", first=1, second=2).page
    until(view, "document.querySelectorAll('#sample-lists li[data-accepted]').length === 48")
    assert view.locator("#sample-lists h3").all_inner_texts() == ["VampPrior", "VAE"]
    assert view.locator("#first option").all_inner_texts() == ["AE", "VampPrior", "VAE"]


def test_one_draws_with_the_mouse_and_with_the_keyboard(show: Open) -> None:
    """A stroke appears on the board, and both models decode it."""
    view = show(tab="drawing").page
    x, y = middle(view, "#board")
    view.mouse.move(x - 60, y - 60)
    view.mouse.down()
    view.mouse.move(x + 60, y + 60, steps=5)
    view.mouse.up()
    settle(view, 100)
    assert pixels(view.locator("#drawing-images canvas").first).max() > 0.9
    view.click("#clear")
    view.focus("#board")
    for key in (" ", "ArrowRight", "ArrowRight", "ArrowDown", " "):
        view.keyboard.press(key)
    settle(view, 100)
    assert pixels(view.locator("#drawing-images canvas").first).max() > 0.9
    assert view.locator("#drawing-images li").count() == 3


def test_the_tour_tells_claim_verdict_and_number(show: Open, small: Explorer) -> None:
    """Every step shows its view, and the claim of the study as the study has it."""
    view = show().page
    tabs = {"samples": "samples"}
    for index, one in enumerate(small.content.meta["tour"]):
        view.click(f"#tour-steps li:nth-child({index + 1}) button")
        view.wait_for_selector(f"#panel-{tabs.get(one['step'], 'map')}", state="visible")
        settle(view)
        assert view.locator("#tour-sentence").inner_text() == one["claim"]["sentence"]
        assert view.locator("#tour-verdict").inner_text() == one["claim"]["verdict"]
        name, said = view.locator("#tour-number").inner_text().rsplit(": ", 1)
        assert name == one["claim"]["number"]["name"]
        mean = float(re.findall(r"−?[\d.]+", said)[0].replace("−", "-"))
        assert mean == pytest.approx(one["claim"]["number"]["mean"], rel=0.01)
    view.click("#tour-end")
    view.wait_for_selector("#tour-card", state="hidden")


def test_the_tour_tells_the_claim_in_spanish(show: Open, small: Explorer) -> None:
    """Sentence, verdict and the name of the number, as in the report."""
    claim, spanish = small.content.meta["tour"][0]["claim"], names.of("es")
    view = show(language="es", step=0).page
    until(view, "!document.getElementById('tour-card').hidden")
    assert view.locator("#tour-sentence").inner_text() == spanish[claim["sentence"]]
    assert view.locator("#tour-verdict").inner_text() == spanish[claim["verdict"]]
    assert view.locator("#tour-number").inner_text().startswith(f"{spanish[claim['number']['name']]}: ")


def test_the_tour_leads_into_a_hole(show: Open) -> None:
    """The pointer of the fourth step is where the density ratio is low."""
    view = show().page
    view.click("#tour-steps li:nth-child(4) button")
    settle(view)
    now = state(view)
    assert (now["kind"], now["active"], now["holes"]) == ("plane", 1, True)
    assert np.hypot(*now["pointer"]) < 1.2


def test_without_labels_the_page_has_no_classes(show: Open, images: Splits) -> None:
    """No silhouettes, no legend and no tour of classes; an address cannot ask for them, and every part works."""
    page = explorer(unlabelled(images), mlp((16,)), ["ae", "vae"]).page
    opened = show(page, tab="map", colour="silhouette", isolated=0, mean=0)
    view = opened.page
    assert [one.is_visible() for one in view.locator(".of-classes").all()] == [False] * 3
    now = state(view)
    assert (now["colour"], now["isolated"], now["mean"]) == ("class", None, None)
    steps = view.locator("#tour-steps button")
    assert steps.count() == 3
    for step in range(3):
        steps.nth(step).click()
        settle(view, 400)
        assert view.locator("#tour-text").inner_text()
    for tab in TABS:
        view.click(f"#tab-{tab}")
        settle(view, 400)
    assert opened.messages == []


def test_an_address_shows_the_same_view_again(show: Open) -> None:
    """What one reader sees can be sent to another; impossible values are left out."""
    first = show(kind="plane", active=1, pointer=[0.3, 0.4], isolated=4, colour="silhouette", holes=False)
    now = state(first.page)
    second = show(**now)
    assert state(second.page) == now
    assert np.array_equal(pixels(first.page.locator("#image-1")), pixels(second.page.locator("#image-1")))
    broken = show(kind="cube", image=10_000, pointer=["a"], isolated=-1, tab="map")
    assert broken.messages == []
    assert state(broken.page)["kind"] == "plane"
