"""Intervals, sentences, and the page."""

import math

import pytest

from latente.evidence import intervals
from latente.evidence.intervals import Difference
from latente.report.page import Column, _card, _difference, _interval, _number, _sentence, formula


def seeds(*values: float) -> dict[str, float]:
    return {str(seed): float(value) for seed, value in enumerate(values)}


def test_a_clear_paired_difference_is_decided_and_noise_is_not() -> None:
    """Pairing removes what the seeds share."""
    shared = (1.0, 5.0, 9.0)
    a = seeds(*shared)
    assert (
        intervals.paired(a, seeds(*(value + 1 + 0.01 * i for i, value in enumerate(shared))), confidence=0.95).verdict
        == "higher"
    )
    assert (
        intervals.paired(a, seeds(*(value - 1 - 0.01 * i for i, value in enumerate(shared))), confidence=0.95).verdict
        == "lower"
    )
    assert intervals.paired(a, seeds(2.0, 4.0, 9.5), confidence=0.95).verdict == "undecided"


def test_the_interval_is_students() -> None:
    """Three differences 1, 2, 3: 2 plus or minus 4.303 / sqrt(3)."""
    found = intervals.paired(seeds(0, 0, 0), seeds(1, 2, 3), confidence=0.95)
    assert (found.mean, found.seeds) == (2, 3)
    assert found.high - found.mean == pytest.approx(4.30265 / math.sqrt(3), rel=1e-5)


def test_one_seed_decides_nothing() -> None:
    """Whatever the difference."""
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
        (Difference(0.5, -0.4, 1.4, 3), "higher", "x: undecided between VAE and AE; "),
        (Difference(0.5, -math.inf, math.inf, 1), "higher", "0.50 from a single seed, which gives no interval."),
        (Difference(0.0, 0.0, 0.0, 3), "higher", "x: the same for VAE and AE in all 3 seeds."),
    ],
)
def test_sentences_say_what_was_found(difference: Difference, better: str, expected: str) -> None:
    """Better, worse, higher, undecided, or the same."""
    assert expected in _sentence(Column("x", "x", better, 2), "AE", "VAE", difference)


def test_a_small_difference_keeps_its_digits() -> None:
    """A bound that is not zero is not shown as zero."""
    assert _difference(Difference(0.0003, 0.0002, 0.0004, 3), 2) == "0.0003 [0.0002, 0.0004] over 3 seeds"


def test_numbers_read_well() -> None:
    """A real minus sign, no negative zero, groups of thousands."""
    assert [_number(value, 2) for value in (-1.5, -0.001, 1234.5)] == ["−1.50", "0.00", "1,234.50"]


def test_formulas_are_mathml() -> None:
    """They need neither script nor font."""
    assert formula("x^2").startswith("<math")


def number(mean: float, low: float | None, high: float | None, **more: object) -> dict:
    return {"name": "n", "mean": mean, "low": low, "high": high, "seeds": 5, "images": True, **more}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (number(-0.02512, -0.0461, -0.0041), "−0.025 [−0.046, −0.004] over seeds and images"),
        (number(-856.3, -912.0, -800.6), "−856 [−912, −801] over seeds and images"),
        (number(1e-9, 0.0, 2e-9), "0.000000 [0.000000, 0.000000] over seeds and images"),
        (number(13.04, 12.9, 13.2, seeds=0), "13.04 [12.90, 13.20] over images"),
        (number(0.5, 0.4, 0.6, images=False), "0.50 [0.40, 0.60] over seeds"),
        (number(0.5, None, None, seeds=1), "0.5, too few seeds for an interval"),
        ({"name": "n", "missing": "a.b.c"}, "not measured in this study (a.b.c)"),
    ],
)
def test_an_interval_shows_two_digits_of_its_half_width(given: dict, expected: str) -> None:
    """And over what it was taken."""
    assert _interval(given) == expected


def test_a_card_says_what_the_verdict_means_of_the_thesis() -> None:
    """A claim that the thesis does not make says nothing of it; other settings are counted by their verdicts."""
    test = number(-1.0, -2.0, -0.5, verdict="supported", rule={"at_most": 0.0})
    survey = [number(1.0, 0.5, 2.0, verdict=word) | {"name": word} for word in ("supported", "refuted", "undecided")]
    claim = {
        "sentence": "s",
        "verdict": "supported",
        "thesis": True,
        "tests": [test],
        "beside": [],
        "survey": survey,
    }
    card = _card("c", claim)
    assert (card["standing"], card["tests"][0]["rule"]) == ("agrees with the thesis", "≤ 0")
    assert card["kept"] == ["supported"]
    assert card["changed"] == {"refuted": ["refuted"], "undecided": ["undecided"]}
    assert _card("c", {**claim, "verdict": "refuted"})["standing"] == "contradicts the thesis"
    assert _card("c", {**claim, "thesis": False})["standing"] == ""
