"""Comparisons: differences that exceed the spread over seeds, and those that do not."""

import re
from dataclasses import replace

import pytest

from latente.errors import LatenteError
from latente.study import compare, sweep
from latente.study.compare import Side
from latente.study.rows import Row


def row(model: str = "vae", seed: int = 0, beta: float = 1.0, **metrics: float) -> Row:
    return Row(model, seed, {"model": model, "seed": seed, "models.vae.beta": beta}, metrics, "data", {})


def study(name: str, values: list[float], beta: float = 1.0, first: int = 0) -> Side:
    """A study of one model, with one metric."""
    return Side(name, [row(seed=first + index, beta=beta, score=value) for index, value in enumerate(values)])


@pytest.mark.parametrize(
    ("a", "b", "verdict"),
    [
        ([1.0, 1.1, 0.9], [2.0, 2.1, 1.9], "higher"),
        ([1.0, 1.1, 0.9], [0.2, 0.25, 0.2], "lower"),
        ([1.0, 1.1, 0.9], [1.1, 0.9, 1.05], "within the spread"),
        ([1.0], [2.0], "one seed: no verdict"),
    ],
)
def test_a_difference_is_held_against_the_spread_over_seeds(a: list[float], b: list[float], verdict: str) -> None:
    """Never a verdict from one seed."""
    (line,) = compare.compare(study("a", a), study("b", b), 0.95).lines
    assert line.verdict == verdict
    assert line.difference.mean == pytest.approx(sum(b) / len(b) - sum(a) / len(a))


def test_seeds_are_paired_where_both_sides_have_them() -> None:
    """A shift that every seed shows is seen below a spread that hides it when the seeds differ."""
    values, shifted = [1.0, 5.0, 9.0], [1.2, 5.25, 9.15]
    assert compare.compare(study("a", values), study("b", shifted), 0.95).lines[0].verdict == "higher"
    assert (
        compare.compare(study("a", values), study("b", shifted, first=3), 0.95).lines[0].verdict == "within the spread"
    )


def test_two_rows_are_held_against_the_spread_of_their_studies() -> None:
    """One seed each; the spread is that of the model's seeds in either study."""
    near, far = study("a", [1.0, 1.1, 0.9]), study("b", [3.0, 3.1, 2.9])
    (line,) = compare.compare(Side("a", near.rows, near.rows[0]), Side("b", far.rows, far.rows[0]), 0.95).lines
    assert line.verdict == "higher"
    assert line.difference.mean == 2.0
    (line,) = compare.compare(Side("a", near.rows, near.rows[0]), Side("a", near.rows, near.rows[1]), 0.95).lines
    assert line.verdict == "within the spread"


def test_rows_of_different_models_compare() -> None:
    """By the metrics that both have."""
    rows = [row("ae", score=1.0, only=2.0), row("vae", score=3.0)]
    found = compare.compare(Side("a", rows, rows[0]), Side("b", rows, rows[1]), 0.95)
    assert [line.metric for line in found.lines] == ["score"]
    assert found.params["model"] == ("ae", "vae")


def test_parameters_that_differ_are_listed_and_no_others() -> None:
    """Also those that one side lacks."""
    a, b = study("a", [1.0, 2.0], beta=1.0), study("b", [1.0, 2.0], beta=4.0)
    assert compare.compare(a, b, 0.95).params == {"models.vae.beta": ("1.0", "4.0")}
    b = Side("b", [*b.rows, Row("vae", 2, {"model": "vae", "seed": 2, "train.epochs": 3}, {"score": 1.0}, "data", {})])
    found = compare.compare(a, b, 0.95).params
    assert found["seed"] == ("0, 1", "0, 1, 2")
    assert found["train.epochs"] == (None, "3")


def test_a_row_and_a_study_do_not_compare() -> None:
    """Nor two studies without a common model."""
    a, b = study("a", [1.0]), Side("b", [row("ae", score=1.0)])
    with pytest.raises(LatenteError, match="one is a row"):
        compare.compare(a, Side("a", a.rows, a.rows[0]), 0.95)
    with pytest.raises(LatenteError, match="no model in common"):
        compare.compare(a, b, 0.95)


def test_text_and_markdown_say_the_same() -> None:
    """The same cells; what is equal on both sides is counted, not listed."""
    a = Side("a", [row(seed=seed, x=1.0 + seed, same=2.0) for seed in (0, 1, 2)])
    b = Side("b", [row(seed=seed, x=2.0 + 1.1 * seed, same=2.0, beta=4.0) for seed in (0, 1, 2)])
    found = compare.compare(a, b, 0.95)

    def words(text: str) -> list[str]:
        return [word for word in re.split(r"[\s|]+", text) if word.strip("-")]

    assert words(found.to_text()) == words(found.to_markdown())
    assert "1 of 2 metrics changed, 1 of them by more than the spread" in found.to_text()
    assert not re.search("^same", found.to_text(), re.MULTILINE)


def test_headline_metrics_come_first_then_what_exceeds() -> None:
    """What a reader looks for is at the top."""
    metrics = {"a.within": 1.0, "b.above": 1.0, "separation.silhouette": 1.0}
    a = Side("a", [Row("vae", seed, {"model": "vae", "seed": seed}, metrics, "data", {}) for seed in (0, 1)])
    moved = {"a.within": (0.0, 3.0), "b.above": (5.0, 5.0), "separation.silhouette": (1.0, 1.1)}
    b = Side(
        "b",
        [Row("vae", s, {"model": "vae", "seed": s}, {k: v[s] for k, v in moved.items()}, "data", {}) for s in (0, 1)],
    )
    assert [line.metric for line in compare.compare(a, b, 0.95).lines] == [
        "separation.silhouette",
        "b.above",
        "a.within",
    ]


def test_what_one_side_has_alone_is_named() -> None:
    """A model or a metric that is gone does not go unnoticed."""
    a = Side("a", [row(seed=seed, x=1.0, gone=2.0) for seed in (0, 1)])
    b = Side("b", [*(row(seed=seed, x=1.0) for seed in (0, 1)), row("new", x=1.0)])
    found = compare.compare(a, b, 0.95)
    assert found.alone == (["gone of vae"], ["new"])
    assert "Only A has gone of vae." in found.to_text()


def test_other_images_are_a_difference() -> None:
    """Rows from different data are kept separate."""
    a = study("a", [1.0, 2.0])
    b = Side("b", [replace(each, data="other") for each in a.rows])
    assert compare.compare(a, b, 0.95).params == {"data": ("data", "other")}


# Sweeps


def test_a_sweep_takes_rows_that_differ_in_nothing_else() -> None:
    """Of the newest row's kind: other settings and other images stay out; a seed counts once at each value."""
    rows = [row(beta=beta, seed=seed, m=float(beta)) for beta in (4, 0.25, 1.0) for seed in (0, 1)]
    rows += [row(beta=4, seed=0, m=99.0), replace(row(beta=8, m=1.0), data="other")]
    rows += [row("ae", beta=beta, m=0.5) for beta in (1, 4)]
    other = {"model": "vae", "seed": 0, "models.vae.beta": 2, "train.epochs": 9}
    rows += [Row("vae", 0, other, {"m": 1.0}, "data", {}), row(beta=16, n=1.0)]
    found = sweep.along("models.vae.beta", rows, ["m"])
    assert {x: [each.metrics["m"] for each in at] for x, at in found.models["vae"].items()} == {
        0.25: [0.25, 0.25],
        1.0: [1.0, 1.0],
        4.0: [4.0, 4.0],
    }
    assert list(found.models["ae"]) == [1.0, 4.0]
    assert "4                vae    4 ± 0" in found.table(["m"]).splitlines()
    assert found.to_png(["m"]).startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("key", "metric", "values", "told"),
    [
        ("models.vae.bta", "m", (), "no row has the parameter models.vae.bta"),
        ("models.vae.beta", "n", (), "the metrics n"),
        ("model", "m", (), "model is vae: a sweep needs numbers"),
        ("models.vae.beta", "m", (1.0, 3.0), "no rows for models.vae.beta = 3 "),
        ("models.vae.beta", "m", (1.0,), "no sweep"),
    ],
)
def test_a_sweep_that_cannot_be_is_told(key: str, metric: str, values: tuple[float, ...], told: str) -> None:
    """What is missing, by name; above all a value whose experiment failed."""
    with pytest.raises(LatenteError, match=told):
        sweep.along(key, [row(beta=beta, m=1.0) for beta in (1, 2)], [metric], values)
