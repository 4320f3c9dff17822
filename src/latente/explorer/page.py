"""The page: one file of HTML with its style, its script, its sentences and its data. It loads nothing."""

import base64
import hashlib
import json
import tomllib
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

from latente.explorer.content import Content
from latente.translations import names

LANGUAGES = ("en", "es")

SCRIPTS = (
    "blocks",
    "layers",
    "random",
    "mixtures",
    "judge",
    "spaces",
    "images",
    "texts",
    "glyphs",
    "state",
    "view",
    "places",
    "paint",
    "map",
    "touch",
    "keys",
    "panel",
    "legend",
    "tabs",
    "traversals",
    "paths",
    "samples",
    "drawing",
    "tour",
    "main",
)
"""The files of page/scripts, in the order in which they are joined."""

_PAGE = files("latente.explorer") / "page"


def render(content: Content) -> bytes:
    """The page as UTF-8.

    Args:
        content: What the page knows.
    """
    style, code = _asset("page.css"), script()
    parts = {
        "style": style,
        "script": code,
        "style-digest": _digest(style),
        "script-digest": _digest(code),
        "data": "\n".join(_blocks(content)),
    }
    return fill(_asset("index.html"), parts).encode()


def fill(text: str, parts: Mapping[str, str]) -> str:
    """Replace every `{{name}}` of a text, once; replaced parts are not searched again.

    Example:
        >>> fill("<p>{{a}}</p>", {"a": "{{b}}", "b": "-"})
        '<p>{{b}}</p>'
    """
    before, *following = text.split("{{")
    named = [piece.partition("}}") for piece in following]
    return before + "".join(parts[name] + after for name, _, after in named)


def script() -> str:
    """All scripts as one function, so that no name is global."""
    joined = "\n".join(_asset(f"scripts/{name}.js") for name in SCRIPTS)
    return f'(() => {{\n"use strict";\n{joined}}})();\n'


def texts(tour: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Language -> the sentences of the page, and as `names` the translations of what the tour quotes.

    Args:
        tour: As `evidence.tour` returns it.
    """
    claims = [step["claim"] for step in tour if step["claim"]]
    quoted = {text for claim in claims for text in (claim["sentence"], claim["verdict"], claim["number"]["name"])}
    return {
        language: tomllib.loads(_asset(f"texts/{language}.toml"))
        | {"names": {name: said for name, said in names.of(language).items() if name in quoted}}
        for language in LANGUAGES
    }


def _blocks(content: Content) -> list[str]:
    known = {**content.meta, "texts": texts(content.meta["tour"])}
    meta = json.dumps(known, ensure_ascii=False, allow_nan=False, sort_keys=True)
    sheet = base64.b64encode(content.sheet).decode()
    parts = {"meta": meta.replace("<", "\\u003c"), "sheet": sheet}
    parts |= {block.name: block.text() for block in content.blocks}
    return [f'<script type="text/plain" id="data-{name}">{text}</script>' for name, text in parts.items()]


def _asset(name: str) -> str:
    return _PAGE.joinpath(name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    """The SHA-256 by which the security policy of the page allows a style sheet or a script."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
