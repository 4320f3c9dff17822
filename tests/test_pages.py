"""The report in a real browser: on a telephone and on a wide screen, in light and dark, in both languages."""

import base64
import hashlib
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from latente.project import paths
from latente.report.language import LANGUAGES
from latente.report.page import SECTIONS
from latente.translations import names
from tests import committed
from tests.support import ROOT, needs_browser

pytestmark = pytest.mark.slow

VIEWS = [("en", width, scheme) for width in (390, 1280) for scheme in ("light", "dark")]
VIEWS += [("es", 390, "dark"), ("es", 1280, "light")]  # the style is the same, so half of the views are enough

LINKS = {"en": {"explore.html", "informe.html"}, "es": {"explore.html#language=%22es%22", "report.html"}}
"""Language -> the pages in the same folder."""


class Opened(NamedTuple):
    """A page in a browser, its language, the addresses that it asked for, and what it wrote to the console."""

    page: Page
    language: str
    requests: list[str]
    messages: list[str]


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Language -> the file of the report."""
    folder = tmp_path_factory.mktemp("report")
    files = {language: folder / paths.report(language).name for language in LANGUAGES}
    for language, file in files.items():
        file.write_bytes(committed.report(language=language))
    return files


@pytest.fixture(params=LANGUAGES)
def report(reports: dict[str, Path], request: pytest.FixtureRequest) -> Path:
    """The file of the report in one language."""
    return reports[request.param]


@pytest.fixture(params=VIEWS, ids=lambda view: "-".join(map(str, view)))
def opened(browser: Browser, reports: dict[str, Path], request: pytest.FixtureRequest) -> Iterator[Opened]:
    """The report in one language, at one width, in one colour scheme."""
    language, width, scheme = request.param
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    view = Opened(context.new_page(), language, [], [])
    view.page.on("request", lambda asked: view.requests.append(asked.url))
    view.page.on("console", lambda message: view.messages.append(message.text))
    view.page.goto(reports[language].as_uri())
    yield view
    context.close()


@needs_browser
def test_axe_finds_nothing(opened: Opened) -> None:
    """No finding of accessibility, also with every table open."""
    opened.page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    found = Axe().run(opened.page).response["violations"]
    assert [(rule["id"], node["html"]) for rule in found for node in rule["nodes"]] == []


@needs_browser
def test_the_page_loads_nothing_and_the_browser_blocks_nothing(opened: Opened) -> None:
    """All figures are in the page, and its security policy allows its style sheet."""
    assert {address for address in opened.requests if not address.startswith("data:")} == {opened.page.url}
    assert opened.messages == []
    assert opened.page.evaluate("[...document.images].every(image => image.naturalWidth > 0)")


@needs_browser
def test_the_page_is_never_wider_than_the_screen(opened: Opened) -> None:
    """Only tables, figures and formulas scroll sideways, inside the page."""
    opened.page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    assert opened.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@needs_browser
def test_the_colours_follow_the_scheme(opened: Opened) -> None:
    """Dark paper in the dark, light paper otherwise; a figure has a white plate in both."""
    background = "element => getComputedStyle(document.querySelector(element)).backgroundColor"
    dark = opened.page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    red = int(re.findall(r"\d+", opened.page.evaluate(background, "body"))[0])
    assert red < 40 if dark else red > 240
    assert opened.page.evaluate(background, ".plate") == "rgb(255, 255, 255)"


@needs_browser
def test_forest_plots_are_readable(opened: Opened) -> None:
    """Lines are long enough, text is not cut or small, and labels of an axis do not touch."""
    lines, cut, smallest = opened.page.evaluate(
        """() => [
            Math.min(...[...document.querySelectorAll('.forest .line')].map(line => line.clientWidth)),
            [...document.querySelectorAll('.forest li > span')].filter(text => text.scrollWidth > text.clientWidth + 1
                && !text.matches('.line')).map(text => text.textContent),
            Math.min(...[...document.querySelectorAll('.forest span, .forest text')]
                .map(text => parseFloat(getComputedStyle(text).fontSize))),
        ]"""
    )
    assert lines >= 200
    assert cut == []
    assert smallest >= 11
    axes = opened.page.evaluate(
        """() => [...document.querySelectorAll('.forest .axis')].map(axis => [...axis.querySelectorAll('text')].map(
            text => [text.getBoundingClientRect().left, text.getBoundingClientRect().right]))"""
    )
    assert axes
    assert all(right + 4 < left for axis in axes for (_, right), (left, _) in pairwise(axis))


@needs_browser
def test_a_verdict_has_a_shape_and_a_word(opened: Opened) -> None:
    """Colour is never the only sign."""
    words = ("supported", "refuted", "undecided")
    shapes = opened.page.evaluate(
        """() => [...document.querySelectorAll('.forest li:not(.axis)')].map(row => [
            row.querySelector('.word')?.textContent.trim() ?? '', row.querySelector('.line .mark')?.outerHTML ?? ''])"""
    )
    marks = {word: {mark for other, mark in shapes if other == word} for word, _ in shapes}
    assert set(marks) == {*map(names.of(opened.language).get, words, words), ""}
    assert all(len(found) == 1 for found in marks.values())
    assert len(set.union(*marks.values())) == 4


@needs_browser
def test_contents_lead_to_sections(opened: Opened) -> None:
    """Every link on the page has its target; the other links lead to the explorer and to the other language."""
    links = "[...document.querySelectorAll('a')].map(link => link.getAttribute('href'))"
    assert {link for link in opened.page.evaluate(links) if not link.startswith("#")} == LINKS[opened.language]
    assert opened.page.evaluate(
        "[...document.querySelectorAll('a[href^=\"#\"]')].every(link => document.getElementById(link.hash.slice(1)))"
    )


def test_the_page_has_the_same_bytes_again(reports: dict[str, Path]) -> None:
    """Nothing depends on the time, on the order of files, or on the language of the page before."""
    for language in reversed(LANGUAGES):
        assert committed.report(language=language) == reports[language].read_bytes()


def test_the_security_policy_names_the_style_sheet(report: Path) -> None:
    """Only this style sheet and pictures in the page are allowed: no script, no other style, no address."""
    text = report.read_text()
    (style,) = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    (policy,) = re.findall(r'Content-Security-Policy"\s+content="([^"]*)"', text)
    assert policy == (
        f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )
    assert not re.search(r"<script|\sstyle=|\son\w+=", text)


def test_every_section_is_a_template() -> None:
    """One file for each section, and no file without a section."""
    folder = ROOT / "src/latente/report/templates/sections"
    assert {file.name for file in folder.iterdir()} == {f"{name}.html.j2" for name in SECTIONS}


def test_templates_have_short_lines() -> None:
    """At most 120 characters, as in Python files."""
    files = [file for file in (ROOT / "src/latente/report/templates").rglob("*") if file.is_file()]
    assert [file.name for file in files if any(len(line) > 120 for line in file.read_text().splitlines())] == []
