"""Intervals over seeds and images, and verdicts, on data made to come out as they must."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.special import stdtrit

from latente.errors import LatenteError, ParamsError
from latente.evidence import estimates, expressions, holm, rules, verdicts
from latente.evidence.estimates import Estimate, SeededMetric
from latente.evidence.expressions import Metrics, MissingError
from latente.measures import silhouette
from latente.project import explaining
from latente.project.sections import Claim, Claims, Rule
from latente.results import jackknife, records
from latente.results.measurement import Measurement, Measurements

GENERATOR = np.random.default_rng(0)

DRAWS = 300
"""Simulated studies."""


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


def coverage(draw: Callable[[np.random.Generator], np.ndarray]) -> float:
    """The share of 400 intervals that hold the truth, which is 0."""
    generator = np.random.default_rng(1)
    found = [estimates.estimate([(1.0, measured(draw(generator)))], 0.95) for _ in range(400)]
    return float(np.mean([each.low <= 0 <= each.high for each in found]))


def test_the_interval_holds_the_truth_if_images_matter() -> None:
    """In at least 93 of 100 draws of seeds and images; over seeds alone, or images alone, it would in far fewer."""
    assert 0.93 <= coverage(crossed) < 1


def test_the_interval_holds_the_truth_if_only_seeds_matter() -> None:
    """All images of a seed have the same value, so the interval is Student's, with four degrees of freedom."""
    assert 0.93 <= coverage(lambda generator: np.repeat(generator.standard_normal((5, 1)), 200, axis=1)) <= 0.97


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
    rule = Rule(name="x", estimate="an.b.x - an.a.x", **bound, reason="r")
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


def test_two_equal_seeds_support_nothing() -> None:
    """Two equal counts have no known variance; three have."""
    for seeds, high in ((2, float("inf")), (3, 4.0)):
        equal = SeededMetric({str(seed): 4.0 for seed in range(seeds)})
        assert estimates.estimate([(1.0, equal)], 0.95).high == high


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


def interval(mean: float, error: float = 1.0, freedom: float = 4.0) -> Estimate:
    """An estimate with its 95 % interval."""
    half = float(stdtrit(freedom, 0.975)) * error
    return Estimate(mean, mean - half, mean + half, 5, images=True, error=error, freedom=freedom)


KINDS = ("at_least", "at_most", "above", "below", "within")


@pytest.mark.parametrize("kind", KINDS)
def test_a_p_value_agrees_with_the_interval_as_drawn(kind: str) -> None:
    """It is at most 0.05 exactly if the 95 % interval obeys or breaks the rule, and never both."""
    rule, seen = Rule(name="x", estimate="x.y.z", **{kind: 3.0}, reason="r"), set()
    for mean in np.linspace(-9, 9, 721):
        found = interval(float(mean), error=0.7)
        p, word = rules.p_values(found, rule), rules.word(found, rule)
        assert [each <= 0.05 for each in p] == [word == "supported", word == "refuted"], mean
        assert all(0 <= each <= 1 for each in p)
        seen.add(word)
    assert seen == {"supported", "refuted", "undecided"}


def test_a_p_value_is_students() -> None:
    """2 above the bound with an error of 1 and four degrees of freedom, from a table of Student's distribution."""
    found = rules.p_values(interval(2.0), Rule(name="x", estimate="x.y.z", at_least=0))
    assert found == (pytest.approx(0.11612, abs=1e-5), 1.0)
    assert rules.p_values(interval(2.0), Rule(name="x", estimate="x.y.z", below=0)) == found[::-1]


def test_equivalence_needs_both_sides() -> None:
    """An interval far above the lower bound does not support `within` if it crosses the upper bound."""
    rule = Rule(name="x", estimate="x.y.z", within=1.0, reason="r")
    middle, upper, outside = (rules.p_values(interval(mean, error=0.1), rule) for mean in (0.0, 1.0, 2.0))
    assert middle.supported < 0.001 < middle.refuted
    assert upper == (1.0, 1.0)
    assert outside.refuted < 0.001 < outside.supported


@pytest.mark.parametrize("kind", KINDS)
def test_a_number_without_an_interval_is_no_evidence(kind: str) -> None:
    """Both p-values are 1 for one seed and for a missing number; without variance they are 0 and 1."""
    rule = Rule(name="x", estimate="x.y.z", **{kind: 2.0}, reason="r")
    one = estimates.estimate([(1.0, SeededMetric({"0": 99.0}))], 0.95)
    missing = estimates.estimate([(1.0, SeededMetric({}))], 0.95)
    assert rules.p_values(one, rule) == rules.p_values(missing, rule) == (1.0, 1.0)
    same = estimates.estimate([(1.0, SeededMetric({"0": 5.0, "1": 5.0, "2": 5.0}))], 0.95)
    assert rules.p_values(same, rule) == ((0.0, 1.0) if kind in ("at_least", "above") else (1.0, 0.0))


def test_holm_multiplies_by_the_hypotheses_that_are_left() -> None:
    """Four hypotheses by hand: the p-values times 4, 3, 2 and 1, in order and never falling; and at most 1."""
    assert holm.adjusted([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm.adjusted([0.5, 0.9, 0.6]) == [1.0, 1.0, 1.0]
    assert holm.adjusted([]) == []


def study(means: dict[str, list[float]], spread: float = 0.1) -> list[dict[str, Any]]:
    """Claims with the rule `at_least: 0` for each of their numbers, with five seeds around the given means."""
    steps = spread * np.array([-1.0, -0.5, 0.0, 0.5, 1.0])
    metrics = {
        f"an.{name}.x{index}": {str(seed): mean + step for seed, step in enumerate(steps)}
        for name, all_means in means.items()
        for index, mean in enumerate(all_means)
    }
    return verdicts.decide(with_rules(means), metrics, {})


def with_rules(names: dict[str, list[float]]) -> Claims:
    """A claim for each name, with a rule for each number."""
    tested = {
        name: Claim(
            sentence="s",
            thesis=True,
            tests=tuple(Rule(name="x", estimate=f"an.{name}.x{index}", at_least=0) for index in range(len(numbers))),
        )
        for name, numbers in names.items()
    }
    return Claims(confidence=0.95, tested=tested)


@pytest.mark.parametrize(
    ("means", "expected"),
    [
        ([1.0, 1.0], "supported"),
        ([1.0, 0.0], "undecided"),
        ([1.0, -1.0], "mixed"),
        ([0.0, -1.0], "refuted"),
        ([-1.0, -1.0], "refuted"),
        ([1.0, 0.0, -1.0], "mixed"),
        ([-1.0], "refuted"),
    ],
)
def test_a_claim_needs_all_its_tests(means: list[float], expected: str) -> None:
    """One broken rule refutes it; if another rule is supported, the claim is mixed."""
    (found,) = study({"one": means})
    assert found["verdict"] == expected
    words = {1.0: "supported", 0.0: "undecided", -1.0: "refuted"}
    assert [test["verdict"] for test in found["tests"]] == [words[mean] for mean in means]


@pytest.mark.parametrize(
    ("means", "expected"),
    [
        ([[-1.0, 1.0], [1.0, 1.0]], "supported"),
        ([[-1.0, 1.0], [1.0, 0.0]], "undecided"),
        ([[-1.0, 1.0], [1.0, -1.0]], "refuted"),
        ([[-1.0, 0.0], [0.0, 0.0]], "undecided"),
    ],
)
def test_a_claim_about_some_model_needs_all_tests_of_one(means: list[list[float]], expected: str) -> None:
    """A model that obeys one of its two rules does not support it; the claim is refuted if no model can."""
    one = with_rules({"one": [value for case in means for value in case]}).tested["one"]
    tests = [test.model_copy(update={"case": "ab"[index // 2]}) for index, test in enumerate(one.tests)]
    claim = Claim(sentence="s", thesis=True, tests=tuple(tests))
    metrics = {
        test.estimate: {str(seed): value + 0.1 * seed for seed, value in zip(range(-2, 3), 5 * [mean], strict=True)}
        for test, mean in zip(tests, [value for case in means for value in case], strict=True)
    }
    (found,) = verdicts.decide(Claims(confidence=0.95, tested={"one": claim}), metrics, {})
    assert found["verdict"] == expected


def test_many_cases_support_a_claim_no_more_often() -> None:
    """Of 20 models that are all equal to the bound, some is above it no more often than stated."""
    wrong, generator = 0, np.random.default_rng(0)
    tests = tuple(Rule(name="x", estimate=f"an.m{index}.x", above=0, case=f"m{index}") for index in range(20))
    claims = Claims(confidence=0.95, tested={"one": Claim(sentence="s", thesis=False, tests=tests)})
    for _ in range(DRAWS):
        values = generator.standard_normal((20, 5))
        metrics = {f"an.m{index}.x": dict(zip("01234", row.tolist(), strict=True)) for index, row in enumerate(values)}
        (found,) = verdicts.decide(claims, metrics, {})
        wrong += found["verdict"] == "supported"
    assert wrong <= 0.05 * DRAWS + 2 * (0.05 * 0.95 * DRAWS) ** 0.5


def test_either_all_rules_have_a_case_or_none() -> None:
    """Otherwise it would not be clear to which model a rule belongs."""
    rules_ = Rule(name="x", estimate="a.b.c", above=0), Rule(name="x", estimate="a.b.c", above=0, case="m")
    with pytest.raises(ValueError, match="either every test a case, or none"):
        Claim(sentence="s", thesis=True, tests=rules_)


def test_the_weakest_test_supports_a_claim() -> None:
    """The p-value of a supported claim is the largest of its tests, without a factor."""
    (found,) = study({"one": [1.0, 0.2, 0.5]})
    assert found["verdict"] == "supported"
    assert found["p"] == found["p_raw"] == found["tests"][1]["p"] == max(test["p"] for test in found["tests"])


def test_many_tests_refute_a_claim_no_more_often() -> None:
    """An interval that only just breaks its rule refutes a claim of one test, and leaves one of eight open."""
    (one,), (eight,) = study({"one": [-0.11]}), study({"one": [-0.11] + [1.0] * 7})
    assert (one["verdict"], eight["verdict"]) == ("refuted", "undecided")
    assert eight["p"] == pytest.approx(8 * one["p"], rel=0.01)
    assert eight["tests"][0]["verdict"] == "refuted"


def test_many_claims_are_decided_no_more_often() -> None:
    """A claim with a p-value just below 0.05 is supported alone, and undecided among claims that show nothing."""
    (alone,) = study({"one": [0.11]})
    among = study({"one": [0.11], "two": [0.0], "three": [0.0]})
    assert (alone["verdict"], among[0]["verdict"]) == ("supported", "undecided")
    assert (among[0]["p_raw"], among[0]["p"]) == (alone["p"], pytest.approx(3 * alone["p"], rel=0.01))
    assert study({"one": [0.11], "two": [9.0], "three": [-9.0]})[0]["verdict"] == "supported"


@pytest.mark.parametrize("shared", [0.0, 0.7])
@pytest.mark.parametrize("clear", [0, 3])
def test_a_study_of_many_claims_errs_no_more_often_than_stated(shared: float, clear: int) -> None:
    """At most 5 % of the studies decide a claim whose numbers are exactly at their bounds, alone or beside clear ones.

    The claims are independent, or their numbers share a part of the noise. Two standard errors are allowed.
    """
    generator = np.random.default_rng(5)
    names = {f"c{index}": [0.0] * (1 + index % 3 // 2) for index in range(4)}
    tested = with_rules(names)
    keys = [f"an.{name}.x{index}" for name, numbers in names.items() for index in range(len(numbers))]
    shifts = np.array([9.0 if int(key[4]) < clear else 0.0 for key in keys])
    wrong = 0
    for _ in range(DRAWS):
        noise = shared * generator.standard_normal((5, 1)) + generator.standard_normal((5, len(keys)))
        metrics: Metrics = {key: dict(zip("01234", noise[:, i] + shifts[i], strict=True)) for i, key in enumerate(keys)}
        wrong += any(found["verdict"] != "undecided" for found in verdicts.decide(tested, metrics, {})[clear:])
    assert wrong / DRAWS <= 0.05 + 2 * (0.05 * 0.95 / DRAWS) ** 0.5


def test_what_was_not_measured_is_said_and_leaves_the_claim_open() -> None:
    """As in a study of other models."""
    rule = Rule(name="x", estimate="an.other.x", at_least=0)
    tested = Claims(confidence=0.95, tested={"one": Claim(sentence="s", thesis=True, tests=(rule,))})
    (found,) = verdicts.decide(tested, {}, {})
    assert (found["verdict"], found["tests"][0]["missing"]) == ("undecided", "an.other.x")
    assert (found["p"], found["p_raw"], found["tests"][0]["p"]) == (1.0, 1.0, 1.0)
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
    assert rules.word(Estimate(-1.0, -2.0, 0.0, 5, images=True), rule) == "supported"
    assert rules.word(Estimate(1.0, 0.0, 2.0, 5, images=True), rule) == "undecided"
    assert rules.word(Estimate(1.0, 0.1, 2.0, 5, images=True), rule) == "refuted"
    nothing = Estimate(0.0, 0.0, 0.0, 5, images=True)
    words = {
        kind: rules.word(nothing, Rule(name="x", estimate="x.y.z", **{kind: 0.0}))
        for kind in ("at_least", "at_most", "above", "below")
    }
    assert words == {"at_least": "supported", "at_most": "supported", "above": "refuted", "below": "refuted"}
    assert rules.word(
        Estimate(0.0, -9.0, 9.0, 5, images=True), Rule(name="x", estimate="x.y.z", within=1, reason="r")
    ) == ("undecided")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, "exactly one of"),
        ({"at_least": 0, "within": 1}, "exactly one of"),
        ({"within": 0}, "greater than 0"),
        ({"at_least": 0.9}, "a bound that is not 0 needs a reason"),
        ({"within": 1, "reason": ""}, "reason"),
        ({"atleast": 0}, "unknown key; did you mean 'at_least'?"),
    ],
)
def test_a_rule_has_one_bound(change: dict[str, float], expected: str) -> None:
    """Neither none nor two."""
    with pytest.raises(ParamsError, match=expected):
        explaining.check(Rule, {"name": "x", "estimate": "a.b.c", **change})


def test_a_reason_is_needed_only_for_a_bound_that_is_not_0() -> None:
    """A threshold is a choice; zero needs no reason. The reason is stored with the number."""
    explaining.check(Rule, {"name": "x", "estimate": "a.b.c", "at_most": 0})
    rule = explaining.check(Rule, {"name": "x", "estimate": "a.b.c", "at_most": 0.5, "reason": "half of the images"})
    claims = Claims(confidence=0.95, tested={"one": Claim(sentence="s", thesis=True, tests=(rule,))})
    assert verdicts.decide(claims, {}, {})[0]["tests"][0]["reason"] == "half of the images"
