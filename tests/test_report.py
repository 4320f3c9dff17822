"""Intervals, sentences, axes, forest plots, and the cards of the claims."""

import json
import math
import re
from collections.abc import Iterator
from typing import Any

import pytest

from latente.evidence import intervals
from latente.evidence.intervals import Difference
from latente.report import by_class, forest, margins, numbers, page, standing
from latente.report.axis import Axis
from latente.report.cards import card
from latente.report.comparisons import Column, sentence
from latente.report.forest import Plot, Row
from latente.report.language import LANGUAGES
from latente.report.margins import Compared
from latente.report.page import formula
from tests import committed
from tests.support import OF_CLASSES, ROOT, UNLABELLED

DECIDED = json.loads((ROOT / "reports/metrics/claims.json").read_bytes())["claims"]
SETTINGS = {name: f"setting {name}" for claim in DECIDED for name in claim["studies"]}


def seeds(*values: float) -> dict[str, float]:
    return {str(seed): float(value) for seed, value in enumerate(values)}


def number(mean: float, low: float | None, high: float | None, **more: Any) -> dict[str, Any]:
    standard = {"name": "n", "estimate": "a.b.c", "seeds": 5, "images": True}
    values = {"mean": mean, "low": low, "high": high}
    return standard | {name: value if value is None else float(value) for name, value in values.items()} | more


# Intervals and sentences


def test_a_clear_paired_difference_is_decided_and_noise_is_not() -> None:
    """Pairing removes what the seeds share."""
    shared = (1.0, 5.0, 9.0)
    a = seeds(*shared)
    higher, lower = (seeds(*(value + sign * (1 + 0.01 * i) for i, value in enumerate(shared))) for sign in (1, -1))
    assert intervals.paired(a, higher, confidence=0.95).verdict == "higher"
    assert intervals.paired(a, lower, confidence=0.95).verdict == "lower"
    assert intervals.paired(a, seeds(2.0, 4.0, 9.5), confidence=0.95).verdict == "undecided"


def test_the_interval_is_students() -> None:
    """Three differences 1, 2, 3: 2 plus or minus 4.303 / sqrt(3)."""
    found = intervals.paired(seeds(0, 0, 0), seeds(1, 2, 3), confidence=0.95)
    assert (found.mean, found.seeds) == (2, 3)
    assert found.high - found.mean == pytest.approx(4.30265 / math.sqrt(3), rel=1e-5)


def test_one_seed_decides_nothing() -> None:
    """The verdict is undecided, however large the difference is."""
    assert intervals.paired(seeds(0), seeds(1000), confidence=0.95).verdict == "undecided"
    assert intervals.against(seeds(1000), 0.0, confidence=0.95).verdict == "undecided"


@pytest.mark.parametrize(
    ("difference", "better", "expected"),
    [
        (
            Difference(0.5, 0.4, 0.6, 3),
            "higher",
            "x: VAE is better than AE; VAE − AE = 0.50 [0.40, 0.60] over 3 seeds.",
        ),
        (Difference(0.5, 0.4, 0.6, 3), "lower", "x: VAE is worse than AE; "),
        (Difference(0.5, 0.4, 0.6, 3), "", "x: VAE is higher than AE; "),
        (Difference(0.5, -0.4, 1.4, 3), "higher", "x: the difference is undecided; "),
        (Difference(0.5, -math.inf, math.inf, 1), "higher", "0.50 from a single seed, which gives no interval."),
        (Difference(0.0, 0.0, 0.0, 3), "higher", "x: VAE and AE have the same value in all 3 seeds."),
    ],
)
def test_a_sentence_says_which_model_is_better(difference: Difference, better: str, expected: str) -> None:
    """Better, worse, higher, undecided, or the same."""
    assert expected in sentence(Column("x", "x", better, 2), "AE", "VAE", difference)


def test_the_two_classes_that_make_most_of_a_difference_are_named() -> None:
    """Class 7 makes half of the difference and class 2 a quarter. Equal models, or two classes, give no sentence."""
    steps = {0: 0.1, 2: -0.2, 5: -0.1, 7: -0.4, 9: -0.2}
    metrics = {
        f"a.{model}.class.{digit}.contribution": seeds(0.3 + shift, 0.3 + shift)
        for digit, step in steps.items()
        for model, shift in (("ae", 0.0), ("vae", step))
    }
    models = {"ae": "AE", "vae": "VAE"}
    found = by_class.sentence(metrics, "a", models, "0123456789", confidence=0.95)
    assert found == (
        "VAE − AE = −0.800. The classes 7 and 2 make 75 % of this difference. "
        "The other classes together make −0.200 [−0.200, −0.200] over 2 seeds."
    )
    assert by_class.sentence(metrics, "a", {"ae": "AE", "b": "B"}, "0123456789", confidence=0.95) is None
    two = {name: values for name, values in metrics.items() if ".7." in name or ".2." in name}
    assert by_class.sentence(two, "a", models, "0123456789", confidence=0.95) is None
    same = {name: seeds(0.3, 0.3) for name in metrics}
    assert by_class.sentence(same, "a", models, "0123456789", confidence=0.95) is None


def test_a_small_difference_keeps_its_digits() -> None:
    """A bound that is not zero is not shown as zero."""
    assert numbers.difference(Difference(0.0003, 0.0002, 0.0004, 3), 2) == "0.0003 [0.0002, 0.0004] over 3 seeds"


def test_numbers_read_well() -> None:
    """A real minus sign, no negative zero, groups of thousands."""
    assert [numbers.number(value, 2) for value in (-1.5, -0.001, 1234.5)] == ["−1.50", "0.00", "1,234.50"]


@pytest.mark.parametrize(
    ("given", "value", "over"),
    [
        (number(-0.02512, -0.0461, -0.0041), "−0.025 [−0.046, −0.004]", "seeds and images"),
        (number(-856.3, -912.0, -800.6), "−856 [−912, −801]", "seeds and images"),
        (number(1e-9, 0.0, 2e-9), "0.000000 [0.000000, 0.000000]", "seeds and images"),
        (number(13.04, 12.9, 13.2, seeds=0), "13.04 [12.90, 13.20]", "images"),
        (number(0.5, 0.4, 0.6, images=False), "0.50 [0.40, 0.60]", "seeds"),
        (number(-0.5, None, None, seeds=1), "−0.5, no interval", "too few seeds"),
        ({"name": "n", "missing": "a.b.c"}, "not measured", "the study lacks a.b.c"),
    ],
)
def test_an_interval_shows_two_digits_of_its_half_width(given: dict[str, Any], value: str, over: str) -> None:
    """Another text says what the interval is over."""
    assert (numbers.interval(given), numbers.over(given)) == (value, over)


@pytest.mark.parametrize(
    ("bound", "text"),
    [
        ({"at_least": -0.05}, "at least −0.05"),
        ({"at_most": 0.0}, "at most 0"),
        ({"above": 0.0}, "above 0"),
        ({"below": 78.4}, "below 78.4"),
        ({"within": 0.02}, "between −0.02 and 0.02"),
    ],
)
def test_a_rule_is_words(bound: dict[str, float], text: str) -> None:
    """The five kinds of bounds."""
    assert numbers.rule(bound) == text


def test_formulas_are_mathml() -> None:
    """They need neither script nor font."""
    assert formula("x^2").startswith("<math")


# Axes and forest plots


@pytest.mark.parametrize(
    "values", [(0.0,), (140.9,), (-1e-5, 0.0), (-912.0, 0.0), (0.97, 0.99), (0.0, 78.4), (-3.0, 1e6)]
)
def test_an_axis_has_ticks_that_differ(values: tuple[float, ...]) -> None:
    """From two to five ticks, inside the axis, in order, with different labels."""
    axis = Axis.showing(values)
    positions, labels = zip(*axis.ticks(), strict=True)
    assert 2 <= len(set(labels)) == len(labels) <= 5
    assert sorted(positions) == list(positions)
    assert all(0 < position < 100 for position in (*positions, *(axis.position(value) for value in values)))


def rows(plots: list[Plot]) -> Iterator[Row]:
    for plot in plots:
        yield from plot.rows


def drawn() -> Iterator[Row]:
    """Every number of the committed claims, also under other settings."""
    for claim in DECIDED:
        shown = card(claim, SETTINGS)
        yield from rows([*shown.tests, *shown.beside, *([shown.curve] if shown.curve else [])])


def test_a_plot_shows_the_verdict() -> None:
    """A supported interval is inside what the rule allows, a refuted one outside, an undecided one is neither."""
    seen = set()
    for row in drawn():
        if row.verdict and row.ends:
            assert row.allowed is not None
            low, high = row.allowed
            inside = low <= row.ends[0] and row.ends[1] <= high
            outside = row.ends[1] < low or high < row.ends[0]
            assert {"supported": inside, "refuted": outside, "undecided": not (inside or outside)}[row.verdict], row
            seen.add(row.verdict)
    assert seen == {"supported", "refuted", "undecided"}


def test_a_plot_stays_on_its_axis() -> None:
    """Estimate, interval and bounds of every committed number have a place on the axis, in order."""
    for row in drawn():
        assert row.mean is not None
        ends = row.ends or (row.mean, row.mean)  # too few seeds have no interval
        assert 0 < ends[0] <= row.mean <= ends[1] < 100
        assert all(0 < bound < 100 for bound in row.bounds)
        assert bool(row.rule) == bool(row.bounds) == bool(row.verdict)


def test_the_plots_of_a_claim_hold_each_number_once() -> None:
    """No number is lost between axes. The curve also has the number of this study and those of whole studies."""
    for claim in DECIDED:
        shown = card(claim, SETTINGS)
        for key, plots in (("tests", shown.tests), ("beside", shown.beside)):
            assert sorted(row.name for row in rows(list(plots))) == sorted(given["name"] for given in claim[key])
        assert (shown.curve is None) == (claim["survey"] == [])
        if shown.curve:
            whole = [f"whole study, {SETTINGS[name]}" for name, one in claim["studies"].items() if one["tests"]]
            names = ["this study", *(given["name"] for given in claim["survey"]), *whole]
            assert sorted(row.name for row in shown.curve.rows) == sorted(names)


@pytest.mark.parametrize(
    ("given", "axes"),
    [
        ([number(1, 0.9, 1.1), number(2, 1.9, 2.1)], 1),
        ([number(1, 0.9, 1.1), number(100, 99, 101)], 2),
        ([number(1, 0.9, 1.1), number(100, 99, 101), number(1, 0.8, 1.2)], 2),
        ([number(1, 0.9, 1.1), number(1, 0.9, 1.1, estimate="a.b.c - a.d.c")], 2),
        ([number(0.001, 0, 0.002, rule={"within": 0.05}), number(20, 19, 21, rule={"above": 0.0})], 2),
        ([number(1, 0.9, 1.1), {"name": "m", "missing": "a.b.c"}], 1),
        ([{"name": "m", "missing": "a.b.c"}], 1),
        ([number(0.0, 0.0, 0.0, estimate="a.b.c - a.d.c")], 1),
    ],
)
def test_numbers_of_another_scale_have_another_axis(given: list[dict[str, Any]], axes: int) -> None:
    """Differences and plain values never share one; a number that was not measured needs none."""
    assert len(forest.plots(given)) == axes


def test_a_number_without_an_interval_is_a_mark_alone() -> None:
    """A single seed gives an estimate only; a number that was not measured gives nothing to draw."""
    absent = {"name": "m", "missing": "a.b.c", "rule": {"below": 0.0}, "verdict": "undecided"}
    one, missing = forest.together([number(0.5, None, None, seeds=1), absent]).rows
    assert (one.mean, one.ends) == (50.0, None)
    assert (missing.mean, missing.ends, missing.allowed, missing.bounds) == (None, None, None, ())
    assert (missing.value, missing.rule) == ("not measured", "below 0")


@pytest.mark.parametrize(
    ("rule", "allowed"),
    [
        ({"at_most": 0.0}, (0.0, 5.36)),
        ({"below": 0.0}, (0.0, 5.36)),
        ({"at_least": 0.0}, (5.36, 100.0)),
        ({"above": 0.0}, (5.36, 100.0)),
        ({"within": 0.5}, (5.36, 64.88)),
    ],
)
def test_the_shaded_side_is_what_the_rule_allows(rule: dict[str, float], allowed: tuple[float, float]) -> None:
    """From the bound to the end of the axis, or between two bounds."""
    (row,) = forest.together([number(0.9, 0.8, 1.0, rule=rule, verdict="undecided")]).rows
    assert row.allowed == allowed


# Cards


def test_a_card_says_what_the_verdict_means_for_the_thesis() -> None:
    """A claim that is not from the thesis says so. Other settings are counted by their verdicts."""
    test = number(-1.0, -2.0, -0.5, verdict="supported", rule={"at_most": 0.0})
    words = {"supported": 1.0, "refuted": 3.0, "undecided": 2.0}
    survey = [number(mean, 0.5, 4.0, verdict=word, name=word) for word, mean in words.items()]
    claim = {"name": "c", "sentence": "s", "verdict": "supported", "thesis": True, "tests": [test], "beside": []}
    shown = card({**claim, "survey": survey}, {})
    assert (shown.standing, shown.rule) == ("This agrees with the thesis.", "n: at most 0")
    assert (shown.first, shown.kept) == ("supported", ["supported"])
    assert shown.changed == {"refuted": ["refuted"], "undecided": ["undecided"]}
    assert shown.curve
    assert [row.name for row in shown.curve.rows] == ["this study", "supported", "undecided", "refuted"]
    assert card({**claim, "verdict": "refuted", "survey": []}, {}).standing == "This contradicts the thesis."
    assert card({**claim, "thesis": False, "survey": []}, {}).standing == "This claim is not from the thesis."


def test_whole_studies_are_in_the_curve_and_counted() -> None:
    """A study without a current verdict has no number, and counts as no change."""
    test = number(-1.0, -2.0, -0.5, verdict="supported", rule={"at_most": 0.0})
    there = {"long": {"verdict": "refuted", "tests": [test | {"mean": 5.0, "high": 6.0, "verdict": "refuted"}]}}
    there |= {name: {"verdict": name, "tests": []} for name in ("stale", "not run")}
    claim = {"name": "c", "sentence": "s", "verdict": "supported", "thesis": True, "tests": [test], "beside": []}
    shown = card({**claim, "survey": [test | {"name": "cosine"}], "studies": there}, {"long": "epochs 60"})
    assert shown.curve
    assert [row.name for row in shown.curve.rows] == ["this study", "cosine", "whole study, epochs 60"]
    assert shown.changed == {"refuted": ["whole study, epochs 60"]}
    assert standing.counts([shown], "long") == {"the same": 0, "weaker": 0, "turned": 1, "decided only there": 0}
    assert sum(standing.counts([shown], "stale").values()) == 0


def test_a_card_has_its_p_value_its_confirmation_and_its_reasons() -> None:
    """A claim of an earlier version has none of them. The survey is compared with the first number, not the claim."""
    test = number(-1.0, -2.0, -0.5, verdict="supported", rule={"at_most": 0.5})
    survey = [number(1.0, 0.5, 2.0, verdict=word, name=word) for word in ("supported", "undecided")]
    claim = {"name": "c", "sentence": "s", "verdict": "mixed", "thesis": True, "tests": [test], "beside": []}
    old = card({**claim, "survey": survey}, {})
    assert (old.p, old.confirmation, old.reasons, old.kept) == ("", "not tried", [], ["supported"])
    twice = [test | {"reason": "half"}] * 2
    new = card({**claim, "tests": twice, "survey": [], "p": 0.00001, "confirmation": "confirmed"}, {})
    assert (new.p, new.confirmation, new.reasons) == ("p < 0.001", "confirmed", [("at most 0.5", "half")])


def test_every_verdict_has_its_own_shape_and_colour() -> None:
    """Four words and a number without a rule, so five shapes; a colour for each word in each scheme."""
    environment = page._environment()
    mark = environment.get_template("forest.html.j2").module.mark  # type: ignore[attr-defined]
    words = ["supported", "mixed", "refuted", "undecided"]
    assert len({str(mark(word)) for word in [*words, ""]}) == 5
    style = environment.get_template("page.css").render()
    for scheme in (style.partition("@media")[0], style.partition("prefers-color-scheme: dark")[2].partition("* {")[0]):
        found = re.findall(rf"--({'|'.join(words)}): (#\w+);", scheme)
        assert [word for word, _ in found] == words
        assert len({colour for _, colour in found}) == 4


# Margins


def test_a_margin_is_beside_the_difference_of_models() -> None:
    """Two models differ by .5 from two seeds of one model, whose pairs differ by .1; a common seed changes nothing."""
    keys = [f"{a}-{b}" for a in range(5) for b in range(5) if a != b]
    metrics = {
        "geometry.a-b.two_seeds.x": dict.fromkeys(keys, 0.25),
        "geometry.a-b.x": {str(seed): 0.25 for seed in range(5)},
        "geometry.a-a.x": dict.fromkeys(keys, 0.5),
        "geometry.b-b.x": dict.fromkeys(keys, 1.0),
        "geometry.a-a.spread.x": {"0-1-2-3": 0.05},
        "geometry.b-b.spread.x": {"0-1-2-3": 0.15},
    }
    compared = Compared("A and B", "a-b.two_seeds", "a-b", ["a-a", "b-b"])
    columns = [Column("x", "likeness"), Column("y", "not measured")]
    found = list(margins.rows(metrics, 0.95, "geometry", columns, [compared]))
    assert found == [
        ("likeness, A and B", ["−0.5000 [−0.5000, −0.5000]", "0.1", "0 [0, 0]"]),
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_labels_the_report_leaves_classes_out(language: str) -> None:
    """No section, no column and no number about classes; the other sections and columns stay."""

    def measured(name: str) -> bool:
        return not (name.startswith(("centroids.", "separation.")) or OF_CLASSES.search(name))

    whole, page = (
        committed.report(language=language, **changes).decode()
        for changes in ({}, {"data": UNLABELLED, "measured": measured})
    )
    sections, left = (re.findall('<section id="([a-z]+)"', text) for text in (whole, page))
    assert left == [name for name in sections if name not in ("centroids", "separation")]
    columns, kept = (set(re.findall(r'<th scope="col">([^<]*)', text)) for text in (whole, page))
    if language == "en":
        assert {name for name in columns if "accuracy" in name or "class coverage" in name}
        assert not {name for name in kept if "accuracy" in name or "class coverage" in name}
        assert {"PCA trustworthiness\xa0↑", "Fréchet distance\xa0↓", "distance moved\xa0↓"} <= kept
