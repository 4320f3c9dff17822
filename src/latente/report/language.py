"""The language of a page: its sentences, the names from YAML files and results, and the decimal sign.

The English sentences are in the templates and in the code. `texts/es.po` has their translations, in the format of GNU
gettext (https://www.gnu.org/software/gettext/manual/html_node/PO-Files.html). A page is written in one language, so the
language is a context variable, as in Django and Flask-Babel: a function that writes a number needs no argument for it.
"""

import gettext as gnu
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from importlib.resources import files

import polib
from markupsafe import Markup

from latente.translations import names

LANGUAGES = ("en", "es")
"""The first one is the language of the templates."""

_language = ContextVar("language", default=LANGUAGES[0])


class Foreign(str):
    """A name without a translation: it stays English."""

    __slots__ = ()


@contextmanager
def written_in(language: str) -> Iterator[None]:
    """What follows is written in this language, one of `LANGUAGES`."""
    before = _language.set(language)
    try:
        yield
    finally:
        _language.reset(before)


def gettext(message: str) -> str:
    """A sentence in the language of the page; without a translation it stays English.

    Line breaks in a sentence do not count, so a template can wrap its lines. Space around it is kept.
    """
    return _around(message, _sentences(_language.get()).gettext(folded(message)))


def ngettext(one: str, many: str, count: int) -> str:
    """The same for a sentence about one thing or many things."""
    found = _sentences(_language.get()).ngettext(folded(one), folded(many), count)
    return _around(one if count == 1 else many, found)


def noop(message: str) -> str:
    """Mark a sentence that `gettext` translates later."""
    return message


def named(name: str) -> str:
    """A name or a sentence of a YAML file or of the results, in the language of the page."""
    language = _language.get()
    return name if language == LANGUAGES[0] else names.of(language).get(name, Foreign(name))


def said(text: str) -> str:
    """A text for HTML; a name without a translation says that it is English."""
    return Markup('<span lang="en">{}</span>').format(text) if isinstance(text, Foreign) else text


def localised(value: object) -> str:
    """A number with the signs of the language. Spanish has a decimal comma, and a space from 10 000 on.

    Args:
        value: A number, or its text with a decimal point and commas between groups of thousands; other values stay.

    References:
        Real Academia Española, Ortografía de la lengua española, 2010, chapter VIII, 2.2.

    Example:
        >>> with written_in("es"):
        ...     [localised(text) for text in (0.5, "−1,234.50", "45,000", "conv")]
        ['0,5', '−1234,50', '45\u202f000', 'conv']
    """
    text = str(value)
    if _language.get() == LANGUAGES[0] or not re.fullmatch(r"[-−]?[\d,]*\.?\d+(e[-−+]?\d+)?", text):
        return text
    whole, point, digits = text.partition(".")
    short = len(whole.strip("-−")) <= len("1,234")
    return whole.replace(",", "" if short else "\u202f") + point.replace(".", ",") + digits


def folded(message: str) -> str:
    """A sentence on one line, as `pybabel extract` writes it into the catalogue."""
    return re.sub(r"\s*\n\s*", " ", message.strip())


def _around(message: str, found: str) -> str:
    """A translation with the space around its sentence; the sentence itself if there is none."""
    if found == folded(message):
        return message
    start, end = len(message) - len(message.lstrip()), len(message.rstrip())
    return message[:start] + found + message[end:]


@cache
def _sentences(language: str) -> gnu.NullTranslations:
    if language == LANGUAGES[0]:
        return gnu.NullTranslations()
    text = (files("latente.report") / f"texts/{language}.po").read_text(encoding="utf-8")
    return gnu.GNUTranslations(io.BytesIO(polib.pofile(text).to_binary()))
