"""The report in another language: its catalogue is complete, and the page says the same with the same numbers."""

import html
import re
import shlex
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cache
from html.parser import HTMLParser
from itertools import chain
from pathlib import Path
from typing import Any, get_args

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.frontend import CommandLineInterface
from babel.messages.pofile import read_po
from ruamel.yaml import YAML

from latente.evidence import studies
from latente.evidence.confirmation import Status
from latente.project import params, paths
from latente.report import language
from latente.report.language import LANGUAGES, Foreign, gettext, localised, named, ngettext, said, written_in
from latente.results import labels
from latente.sources.specs import digits, fashion_mnist, kmnist, mnist
from latente.translations import names
from tests import committed
from tests.support import ROOT

TEXTS = ROOT / "src/latente/report/texts"
VERDICTS = ("supported", "mixed", "refuted", "undecided")
ENGLISH = re.compile(r"\b(?:the|and|of|with|from|is|are|that|which)\b", re.IGNORECASE)
"""Words that no Spanish sentence has, and few English sentences do without."""

TERMS = {"beta", "prior", "means", "log", "nats", "Davies", "Bouldin", "Harabasz"}
"""Words of texts that are the same in both languages: `VAE, beta 4`, `k-means`."""

committed_report = cache(committed.report)

# The catalogue of sentences


def sentences(catalogue: Catalog) -> dict[str, Message]:
    """English sentence -> its entry; a sentence with a plural has its singular as key."""
    return {
        message.id if isinstance(message.id, str) else message.id[0]: message for message in catalogue if message.id
    }


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Message]:
    """The sentences of templates and code, as `make texts` finds them."""
    pot = tmp_path_factory.mktemp("texts") / "report.pot"
    (options,) = re.findall(r"^SENTENCES = (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    options = options.replace("pyproject.toml", str(ROOT / "pyproject.toml"))
    package = str(ROOT / "src/latente/report")
    CommandLineInterface().run(["pybabel", "-q", "extract", *shlex.split(options), "-o", str(pot), package])
    return sentences(read_po(pot.open("rb")))


@pytest.fixture(scope="module")
def translated() -> dict[str, Message]:
    """The entries of the Spanish catalogue."""
    return sentences(read_po((TEXTS / "es.po").open("rb")))


def forms(text: str | Iterable[str]) -> list[str]:
    """A sentence as a list of one; or its singular and plural."""
    return [text] if isinstance(text, str) else list(text)


def placeholders(text: str) -> list[list[str]]:
    """Those with a name may change places, the others not."""
    return [sorted(re.findall(r"%\(\w+\)[sd]", text)), re.findall(r"%[sd]", text)]


def tags(text: str) -> list[str]:
    return sorted(re.findall(r"</?\w+", text))


def test_every_language_has_its_page_and_its_catalogue() -> None:
    """English is in the templates; each other language has one file of sentences and one of names."""
    assert len({paths.report(one) for one in LANGUAGES}) == len(LANGUAGES)
    assert {file.name for file in TEXTS.iterdir()} == {f"{one}.po" for one in LANGUAGES[1:]}
    files = {file.name for file in (ROOT / "src/latente/translations").glob("*.toml")}
    assert files == {f"{one}.toml" for one in LANGUAGES[1:]}


def test_every_sentence_has_a_translation_and_none_is_idle(
    used: dict[str, Message], translated: dict[str, Message]
) -> None:
    """`make texts` adds and removes entries. Singulars and plurals are those of the templates."""
    assert len(used) > 400
    assert set(used) - set(translated) == set()
    assert set(translated) - set(used) == set()
    assert {name: one.id for name, one in used.items()} == {name: one.id for name, one in translated.items()}
    assert [name for name, one in translated.items() if one.fuzzy or not all(forms(one.string))] == []


def test_translations_keep_placeholders_and_markup(translated: dict[str, Message]) -> None:
    """Every value appears as often as in the English sentence, so does every tag, and no percent sign is alone."""
    for message in translated.values():
        for english, spanish in zip(forms(message.id), forms(message.string), strict=True):
            assert placeholders(english) == placeholders(spanish), english
            assert tags(english) == tags(spanish), english
            by_name, in_order = placeholders(spanish)
            assert not (by_name or in_order) or spanish % (defaultdict(int) if by_name else (1,) * len(in_order))


# Names of params.yaml and of the results


def table(name: str) -> dict[str, str]:
    found = tomllib.loads((ROOT / "src/latente/translations/es.toml").read_text())[name]
    assert isinstance(found, dict)
    return found


def settings() -> Iterator[str]:
    """What the settings of the survey change, apart from the models, which no page names."""
    survey = YAML(typ="safe").load(ROOT / "survey/params.yaml")
    of_settings = [one["set"] for one in chain(survey["settings"].values(), survey["league"]["settings"].values())]
    for item in chain(*of_settings, *map(studies.shown, survey["studies"].values())):
        yield labels.change(item.replace(".name=", "=")).rpartition(" ")[0]


def test_every_committed_name_has_a_translation_and_none_is_idle() -> None:
    """Claims, numbers, reasons, verdicts, confirmations, changed parameters, what the images of a data set show."""
    tested = params.rules(params.load(ROOT / "params.yaml").claims, ROOT / "claims.yaml").tested.values()
    numbers = [number for claim in tested for number in (*claim.tests, *claim.beside, *claim.survey)]
    images = [spec.KNOWN.data for spec in (fashion_mnist, kmnist, mnist)]
    assert set(table("claims")) == {claim.sentence for claim in tested}
    assert set(table("numbers")) == {number.name for number in numbers}
    assert set(table("reasons")) == {test.reason for claim in tested for test in claim.tests if test.reason}
    assert set(table("verdicts")) == {*VERDICTS, *get_args(Status), "not run"}
    assert set(table("parameters")) == set(settings())
    assert {noun for one in images for noun in (one.noun, one.nouns)} <= set(table("images"))
    assert 'noun="digit"' in Path(digits.__file__).read_text()


def test_no_name_is_in_two_tables() -> None:
    """The tables are one dictionary, so a name has one translation."""
    tables = tomllib.loads((ROOT / "src/latente/translations/es.toml").read_text())
    assert len(names.of("es")) == sum(map(len, tables.values()))


def test_a_translated_name_has_the_same_numbers() -> None:
    """With a decimal comma."""
    for name, spanish in names.of("es").items():
        assert spanish_numbers(spanish) == english_numbers(name), name


# The pages


class Text(HTMLParser):
    """The texts of a page that a reader sees or hears, without code and without what says that it is English."""

    HIDDEN = ("style", "pre", "code")
    SPOKEN = ("alt", "aria-label", "title")

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.found: list[str] = []
        self._open: list[bool] = []
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect what a screen reader says."""
        given = dict(attrs)
        if tag not in ("meta", "img", "br"):
            self._open.append(tag in self.HIDDEN or (tag != "html" and given.get("lang") == "en"))
        self.found += [value for name, value in attrs if name in self.SPOKEN and value]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A drawing, `<line/>`, has no text."""

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002 (of the base class)
        """Leave an element."""
        self._open.pop()

    def handle_data(self, data: str) -> None:
        """Collect what a reader sees."""
        if not any(self._open):
            self.found.append(data)


def english_numbers(text: str) -> Counter[str]:
    """The numbers of a text, without commas between groups of thousands."""
    return Counter(re.sub(r",(?=\d{3})", "", one) for one in re.findall(r"\d[\d,]*(?:\.\d+)?(?<!,)", text))


def spanish_numbers(text: str) -> Counter[str]:
    """The same, with a decimal point instead of the comma."""
    return Counter(
        re.sub(r"\s", "", one).replace(",", ".") for one in re.findall(r"\d+(?:\u202f\d{3})*(?:,\d+)?", text)
    )


@pytest.mark.slow
def test_both_pages_have_the_same_numbers() -> None:
    """Each number as often as in the other page; the version of Python is the only one with a point in Spanish."""
    english, spanish = (" ".join(Text(committed_report(language=one)).found) for one in LANGUAGES)
    assert re.findall(r"\d+\.\d+", spanish) == ["3.11"]
    assert sum(english_numbers(english).values()) > 3000
    assert english_numbers(english) == spanish_numbers(spanish.replace("3.11", "3,11"))


@pytest.mark.slow
def test_no_english_is_left_in_the_spanish_page() -> None:
    """Neither in its sentences nor in the texts for screen readers. The same search finds much in the English page."""
    english, spanish = (Text(committed_report(language=one)).found for one in LANGUAGES)
    assert [text for text in spanish if ENGLISH.search(text)] == []
    assert len([text for text in english if ENGLISH.search(text)]) > 400
    both = " ".join(set(spanish) & set(english) - {"El auto-encoder variacional: un análisis del espacio latente"})
    assert set(re.findall(r"\b[A-Z]?[a-z]{3,}\b", both)) == TERMS


@pytest.mark.slow
@pytest.mark.parametrize("code", LANGUAGES)
def test_a_page_says_its_language(code: str) -> None:
    """And the link to the other page says the language there."""
    text = committed_report(language=code).decode()
    (other,) = set(LANGUAGES) - {code}
    assert f'<html lang="{code}">' in text
    assert f'<a href="{paths.report(other).name}" hreflang="{other}" lang="{other}">' in text
    assert ("Los textos dentro de las figuras están en inglés." in text) == (code == "es")


@pytest.mark.slow
def test_a_claim_without_a_translation_stays_english_and_says_so() -> None:
    """Its sentence, the name of its number and its reason; attributes have the plain text."""

    def own(decided: list[dict[str, Any]]) -> list[dict[str, Any]]:
        first, *others = decided
        test = first["tests"][0] | {"name": "edges, VAE < AE", "reason": "so be it"}
        return [{**first, "sentence": "My <own> claim.", "tests": [test]}, *others]

    text = committed.report(own, language="es").decode()
    for english in ("My <own> claim.", "edges, VAE < AE", "so be it"):
        assert f'<span lang="en">{html.escape(english)}</span>' in text
    assert text.count('<span lang="en">edges, VAE &lt; AE</span>') == 2  # in the plot and in its table
    assert 'aria-label="My &lt;own&gt; claim."' in text
    assert not re.search(r'="[^"]*&lt;span|="[^"]*<span', text)
    assert '<span lang="en">' not in committed.report(own).decode()


# Functions


def test_a_sentence_can_be_wrapped_in_a_template() -> None:
    """Line breaks do not count, and space around the sentence is kept; English keeps its line breaks."""
    wrapped = "Squared error per pixel for each class, mean over\nseeds. Lower is better.\n"
    assert gettext(wrapped) == wrapped
    with written_in("es"):
        assert (
            gettext(wrapped) == "Error cuadrático por píxel de cada clase, media de las semillas. Más bajo es mejor.\n"
        )


def test_an_unknown_sentence_stays_english() -> None:
    """The page is better than an error; the test of the catalogue finds the sentence."""
    with written_in("es"):
        assert gettext("No such\nsentence.") == "No such\nsentence."
        assert (ngettext("an ox", "oxen", 1), ngettext("an ox", "oxen", 2)) == ("an ox", "oxen")


def test_one_and_many() -> None:
    """A sentence with a plural, in both languages."""
    one = "This page tests the findings again on %(title)s, with %(seeds)s\nseed for each model.\n"
    many = one.replace("seed ", "seeds ")
    assert [ngettext(one, many, count) for count in (1, 5)] == [one, many]
    with written_in("es"):
        found = [ngettext(one, many, count) for count in (1, 5)]
    assert ["semilla " in found[0], "semillas " in found[1]] == [True, True]


def test_the_language_ends_with_its_page() -> None:
    """Also after an error."""
    with written_in("es"):
        assert gettext("silhouette") == "silueta"
    with suppress(ZeroDivisionError), written_in("es"):
        raise ZeroDivisionError
    assert gettext("silhouette") == "silhouette"


@pytest.mark.parametrize(
    ("value", "spanish"),
    [
        (0.003, "0,003"),
        (16, "16"),
        ("−1,234.50", "−1234,50"),
        ("9,999", "9999"),
        ("10,000", "10\u202f000"),
        ("1,234,567.8", "1\u202f234\u202f567,8"),
        ("1e-07", "1e-07"),
        ("1.5e-07", "1,5e-07"),
        ("conv", "conv"),
        ("fashion_mnist", "fashion_mnist"),
        (True, "True"),
    ],
)
def test_numbers_have_the_signs_of_the_language(value: object, spanish: str) -> None:
    """A decimal comma, no sign in four digits, a thin space in more; English numbers and other texts stay."""
    assert localised(value) == str(value)
    with written_in("es"):
        assert localised(value) == spanish


def test_a_name_without_a_translation_is_marked() -> None:
    """In the Spanish page alone, and with the characters of HTML escaped."""
    assert said(named("<b>")) == "<b>"
    with written_in("es"):
        assert (named("supported"), said(named("supported"))) == ("respaldada", "respaldada")
        assert isinstance(named("<b>"), Foreign)
        assert said(named("<b>")) == '<span lang="en">&lt;b&gt;</span>'


def test_the_catalogue_is_read_once() -> None:
    """A page asks for a thousand sentences."""
    assert language._sentences("es") is language._sentences("es")
