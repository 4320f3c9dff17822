"""Intervals over seeds and images, and verdicts, on data made to come out as they must."""

import json

import numpy as np
import pytest

from latente.errors import LatenteError, ParamsError
from latente.evidence import estimates, expressions, verdicts
from latente.evidence.estimates import Estimate, SeededMetric
from latente.evidence.expressions import MissingError
from latente.measures import silhouette
from latente.project import explaining
from latente.project.sections import Claim, Claims, Rule
from latente.results import jackknife, records
from latente.results.measurement import Measurement, Measurements

GENERATOR = np.random.default_rng(0)


def measured(values: np.ndarray) -> SeededMetric:
    """A metric that is a mean over images, from a row of values for each seed."""
    return SeededMetric(
        {str(seed): float(row.mean()) for seed, row in enumerate(values)},
        {str(seed): jackknife.left_out(row) for seed, row in enumerate(values)},
    )


def crossed(generator: np.random.Generator, seeds: int = 5, images: int = 200) -> np.ndarray:
    """Values of seeds and images that share a seed's effect, an image's effect, and have one of their own."""
    return (
        0.1 * generator.standard_normal((seeds, 1))
        + generator.standard_normal((1, images))
        + generator.standard_normal((seeds, images))
    )


# Groups


def test_groups_are_equal_and_the_same_for_the_same_images() -> None:
    """So that two models leave out the same images."""
    assert set(np.bincount(jackknife.assign(1000))) == {50}
    np.testing.assert_array_equal(jackknife.assign(999), jackknife.assign(999))
    values = GENERATOR.normal(size=333)
    by_hand = [values[jackknife.assign(333) != each].mean() for each in range(jackknife.GROUPS)]
    np.testing.assert_allclose(jackknife.left_out(values), by_hand)
    np.testing.assert_allclose(jackknife.recomputed(lambda kept: float(values[kept].mean()), 333), by_hand)


def test_class_means_leave_out_what_they_say() -> None:
    """First of all images, then without each group."""
    values, labels = GENERATOR.normal(size=(400, 3)), np.arange(400, dtype=np.uint8) % 10
    found = jackknife.class_means(values, labels)
    np.testing.assert_allclose(found[0, 4], values[labels == 4].mean(0))
    kept = jackknife.assign(400) != 7
    np.testing.assert_allclose(found[1 + 7, 4], values[kept & (labels == 4)].mean(0))


# Estimates


def test_without_images_the_interval_is_students() -> None:
    """Three values 1, 2, 3: 2 plus or minus 4.303 / sqrt(3)."""
    found = estimates.estimate([(1.0, SeededMetric({"0": 1.0, "1": 2.0, "2": 3.0}))], 0.95)
    assert (found.mean, found.seeds, found.images) == (2, 3, False)
    assert (2 - found.low, found.high - 2) == pytest.approx((4.30265 / 3**0.5,) * 2, rel=1e-5)


def test_pairing_removes_what_seeds_and_images_share() -> None:
    """A small difference between two models is found below large effects of seed and image."""
    a = 10 * crossed(GENERATOR)
    b = a + 0.5 + 0.1 * GENERATOR.normal(size=a.shape)
    paired = estimates.estimate([(1.0, measured(b)), (-1.0, measured(a))], 0.95)
    assert 0.4 < paired.low < 0.5 < paired.high < 0.6
    alone = estimates.estimate([(1.0, measured(b))], 0.95)
    assert alone.high - alone.low > 10 * (paired.high - paired.low)
    assert paired.images


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    """In at least 93 of 100 draws of seeds and images; over seeds alone, or images alone, it would in far fewer."""
    generator = np.random.default_rng(1)
    draws = [estimates.estimate([(1.0, measured(crossed(generator)))], 0.95) for _ in range(400)]
    assert 0.93 <= np.mean([each.low <= 0 <= each.high for each in draws]) < 1


def test_pairs_of_seeds_are_left_out_with_either_seed() -> None:
    """A yardstick between seeds is no larger sample than its seeds; two of them decide nothing."""
    pairs = SeededMetric({"0-1": 1.0, "0-2": 2.0, "1-2": 3.0})
    found = estimates.estimate([(1.0, pairs)], 0.95)
    by_hand = [3.0, 2.0, 1.0]
    assert found.seeds == 3
    assert found.high - found.mean == pytest.approx(4.30265 * (2 / 3 * np.var(by_hand) * 3) ** 0.5, rel=1e-4)
    assert estimates.estimate([(1.0, SeededMetric({"0-1": 1.0}))], 0.95).high == float("inf")


def test_a_seed_that_one_side_lacks_does_not_count() -> None:
    """The difference is that of the seeds that both have."""
    a, b = SeededMetric({"0": 1.0, "1": 2.0, "2": 99.0}), SeededMetric({"0": 2.0, "1": 3.1})
    found = estimates.estimate([(1.0, b), (-1.0, a)], 0.95)
    assert (found.mean, found.seeds) == (pytest.approx(1.05), 2)


def test_the_images_count_if_all_metrics_know_them() -> None:
    """A constant does; a metric without replicates does not."""
    known, unknown = measured(crossed(GENERATOR)), SeededMetric({str(seed): float(seed) for seed in range(5)})
    assert estimates.estimate([(1.0, known), (-2.0, estimates.ONE)], 0.95).images
    assert not estimates.estimate([(1.0, known), (-1.0, unknown)], 0.95).images
    alone = estimates.estimate([(1.0, SeededMetric({"data": 5.0})), (-4.0, estimates.ONE)], 0.95)
    assert alone.high == float("inf")


def test_a_number_without_replicates_decides_nothing() -> None:
    """One seed, or a number of the data without groups of images."""
    for values in ({"0": 5.0}, {"data": 5.0}):
        found = estimates.estimate([(1.0, SeededMetric(values))], 0.95)
        assert (found.low, found.high) == (-float("inf"), float("inf"))


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("a.b.c", [(1.0, "a.b.c")]),
        ("a.b.c - 0.5 a.x-y.c.d", [(1.0, "a.b.c"), (-0.5, "a.x-y.c.d")]),
        (" 2 * a.b.c + 3 ", [(2.0, "a.b.c"), (3.0, None)]),
        ("r.vae.importance.100 - r.vae.importance.10", [(1.0, "r.vae.importance.100"), (-1.0, "r.vae.importance.10")]),
    ],
)
def test_expressions_are_sums(expression: str, expected: list[tuple[float, str | None]]) -> None:
    """Of metrics and numbers, each with a factor."""
    assert expressions.parse(expression) == expected


@pytest.mark.parametrize(
    "expression", ["- a.b.c", "a.b.c a.b.d", "a.b.c - ", "a.b.c / a.b.d", "__import__('os')", "a", "5", " "]
)
def test_other_expressions_are_refused(expression: str) -> None:
    """Nothing is evaluated."""
    with pytest.raises(LatenteError, match="expected (metrics and numbers|at least one metric)"):
        expressions.parse(expression)


# Verdicts


def stored(analysis: str, measurements: Measurements) -> tuple[dict, dict]:
    """Metrics and replicates, as the files of an analysis hold them."""
    metrics = records.read(analysis, json.loads(records.to_json(analysis, measurements)))
    return metrics, {analysis: json.loads(json.dumps(records.replicates(measurements)))}


def claim(values: np.ndarray, **bound: float) -> str:
    """The verdict on a model's advantage over another, from a difference for each seed and image."""
    rule = Rule(name="x", estimate="an.b.x - an.a.x", **bound)
    tested = Claims(confidence=0.95, tested={"one": Claim(sentence="s", thesis=True, tests=(rule,))})
    measurements = {
        model: {str(seed): Measurement.over_images({"x": row}) for seed, row in enumerate(rows)}
        for model, rows in {"a": np.zeros_like(values), "b": values}.items()
    }
    (decided,) = verdicts.decide(tested, *stored("an", measurements))
    return str(decided["verdict"])


def test_a_shift_decides_the_verdict_of_every_kind_of_rule() -> None:
    """A large shift supports or refutes; none leaves the claim undecided."""
    noise = crossed(np.random.default_rng(2))
    for shift, expected in (
        (5.0, ("supported", "refuted", "refuted")),
        (-5.0, ("refuted", "supported", "refuted")),
        (0.0, ("undecided", "undecided", "supported")),
        (1.0, ("supported", "refuted", "undecided")),
    ):
        words = (claim(noise + shift, at_least=0), claim(noise + shift, at_most=0), claim(noise + shift, within=1.0))
        assert words == expected, shift


def test_one_seed_supports_nothing() -> None:
    """However large the difference."""
    assert claim(np.full((1, 200), 99.0), at_least=0) == "undecided"


def test_swapped_names_support_a_claim_no_more_often_than_stated() -> None:
    """The names of the two models are swapped at random in every seed: there is nothing to find."""
    generator = np.random.default_rng(3)
    words = []
    for _ in range(400):
        values = generator.normal(0.02, 0.006, (5, 1)) + 0.1 * generator.standard_normal((5, 200))
        words.append(claim(values * generator.choice([-1, 1], (5, 1)), at_least=0))
    assert words.count("supported") <= 0.05 * 400  # one in 32, all five swapped alike, and two standard errors
    assert words.count("undecided") >= 0.9 * 400


def test_permuted_labels_separate_nothing() -> None:
    """Codes in clear groups, labels at random: that the classes separate is never supported."""
    labels = np.arange(200, dtype=np.uint8) % 10
    found = {}
    for permuted in (False, True):
        seeds: dict[str, Measurement] = {}
        for seed in range(4):
            generator = np.random.default_rng(seed)
            points = 5 * np.eye(10)[labels] + generator.normal(size=(200, 10))
            given = generator.permutation(labels) if permuted else labels
            values, left_out = silhouette.left_out(points, given)
            seeds[str(seed)] = Measurement({"silhouette": float(values.mean())}, {"silhouette": left_out})
        rule = Rule(name="x", estimate="separation.ae.silhouette", at_least=0)
        tested = Claims(confidence=0.95, tested={"one": Claim(sentence="s", thesis=False, tests=(rule,))})
        (decided,) = verdicts.decide(tested, *stored("separation", {"ae": seeds}))
        found[permuted] = decided["verdict"]
    assert found == {False: "supported", True: "refuted"}


def test_a_claim_needs_all_its_tests() -> None:
    """One that fails refutes it, one that is open leaves it open."""
    assert verdicts.together(["supported", "supported"]) == "supported"
    assert verdicts.together(["supported", "undecided"]) == "undecided"
    assert verdicts.together(["supported", "undecided", "refuted"]) == "refuted"


def test_many_tests_refute_a_claim_no_more_often() -> None:
    """An interval that only just breaks its rule refutes a claim of one test, and leaves one of eight open."""
    values = {str(seed): 1.2 + 0.7 * (seed - 2) for seed in range(5)}
    metrics = {"an.a.x": values, "an.a.y": {seed: -9.0 - value for seed, value in values.items()}}
    breaks = Rule(name="x", estimate="an.a.x", below=-0.3)
    obeys = Rule(name="y", estimate="an.a.y", below=0.0)
    claims = [Claim(sentence="s", thesis=True, tests=tests) for tests in ((breaks,), (breaks, *[obeys] * 7))]
    words = [verdicts.decide(Claims(confidence=0.95, tested={"one": one}), metrics, {})[0]["verdict"] for one in claims]
    assert words == ["refuted", "undecided"]


def test_what_was_not_measured_is_said_and_leaves_the_claim_open() -> None:
    """As in a study of other models."""
    rule = Rule(name="x", estimate="an.other.x", at_least=0)
    tested = Claims(confidence=0.95, tested={"one": Claim(sentence="s", thesis=True, tests=(rule,))})
    (found,) = verdicts.decide(tested, {}, {})
    assert (found["verdict"], found["tests"][0]["missing"]) == ("undecided", "an.other.x")
    with pytest.raises(MissingError):
        expressions.look_up("an.other.x", {}, {})


def test_metrics_without_a_common_seed_leave_the_claim_open() -> None:
    """Seeds are paired, so no difference was measured."""
    rule = Rule(name="x", estimate="an.a.x - an.b.x", at_least=0)
    tested = Claims(confidence=0.95, tested={"one": Claim(sentence="s", thesis=True, tests=(rule,))})
    (found,) = verdicts.decide(tested, {"an.a.x": {"0": 1.0, "1": 2.0}, "an.b.x": {"5": 1.0, "6": 2.0}}, {})
    assert (found["verdict"], found["tests"][0]["missing"]) == ("undecided", "a seed that all its metrics share")


def test_an_interval_on_its_bound_obeys() -> None:
    """The bound belongs to at_least, at_most and within, not to above and below."""
    rule = Rule(name="x", estimate="x.y.z", at_most=0)
    assert verdicts.verdict(Estimate(-1.0, -2.0, 0.0, 5, images=True), rule) == "supported"
    assert verdicts.verdict(Estimate(1.0, 0.0, 2.0, 5, images=True), rule) == "undecided"
    assert verdicts.verdict(Estimate(1.0, 0.1, 2.0, 5, images=True), rule) == "refuted"
    nothing = Estimate(0.0, 0.0, 0.0, 5, images=True)
    words = {
        kind: verdicts.verdict(nothing, Rule(name="x", estimate="x.y.z", **{kind: 0.0}))
        for kind in ("at_least", "at_most", "above", "below")
    }
    assert words == {"at_least": "supported", "at_most": "supported", "above": "refuted", "below": "refuted"}
    assert verdicts.verdict(Estimate(0.0, -9.0, 9.0, 5, images=True), Rule(name="x", estimate="x.y.z", within=1)) == (
        "undecided"
    )


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, "exactly one of"),
        ({"at_least": 0, "within": 1}, "exactly one of"),
        ({"within": 0}, "greater than 0"),
        ({"atleast": 0}, "unknown key; did you mean 'at_least'?"),
    ],
)
def test_a_rule_has_one_bound(change: dict[str, float], expected: str) -> None:
    """Neither none nor two."""
    with pytest.raises(ParamsError, match=expected):
        explaining.check(Rule, {"name": "x", "estimate": "a.b.c", **change})
