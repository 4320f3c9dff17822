"""Codes of corrupted and foreign images, and paths, with known answers."""

import numpy as np
import pytest

from latente.analyses import generalisation, responses
from latente.analyses.generalisation import Options
from latente.codes.encoding import encode
from latente.codes.latents import Latents
from latente.codes.prior import Prior
from latente.codes.responses import Paths, Responses, Seen
from latente.data.splits import Splits
from latente.models.network import factory
from latente.models.network.autoencoder import Sizes
from latente.results.grid import Grid
from latente.results.result import Result
from tests.support import DIGITS, metrics, mlp, untrained_judge

GENERATOR = np.random.default_rng(0)
OPTIONS = Options(active=0.01, fitted=400, codes_per_component=400, neighbours=5, seed=0)

JUDGE = untrained_judge(0.105)  # one for all calls, because its weights are random


def seen(mean: np.ndarray, rate: float = 1.0, distortion: float = 80.0) -> Seen:
    count = len(mean)
    noise = GENERATOR.standard_normal(count).astype(np.float32)
    return Seen(mean.astype(np.float32), distortion + noise, np.full(count, rate, dtype=np.float32))


def blobs(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Codes of four distant classes in four units."""
    labels = (np.arange(count) % 4).astype(np.uint8)
    return (3 * np.eye(4)[labels] + 0.2 * GENERATOR.standard_normal((count, 4))).astype(np.float32), labels


CODES, LABELS = blobs(1200)
LATENTS = Latents(
    CODES,
    np.full_like(CODES, -np.inf),
    CODES,
    LABELS,
    np.repeat(np.array([0, 1, 2], dtype=np.uint8), 400),
    Prior.standard(4),
)
TEST = LATENTS.only("test").mean


def answers(rate: float = 1.0, moved: float = 0.0, foreign: np.ndarray | None = None) -> Responses:
    """Responses of a model whose corrupted codes move by a distance, with one kind of foreign image."""
    steps = np.linspace(0, 1, 5, dtype=np.float32)[:, None]
    ends = np.stack([np.arange(40), np.arange(40) + 1], 1)
    mean = TEST[ends[:, :1]] * (1 - steps) + TEST[ends[:, 1:]] * steps
    accepted = np.repeat(np.array([[True, True, False, False, True]]), 40, axis=0)
    path = Paths(ends, mean, accepted, np.full(40, 1.5, np.float32), np.zeros((1, 5, 64), np.float32))
    away = np.float32([moved, 0, 0, 0])
    return Responses(
        chosen=np.arange(400),
        clean=seen(TEST, rate),
        corrupted={"noise": np.stack([TEST + level * away for level in range(5)]), "blur": np.stack([TEST] * 5)},
        foreign={"negatives": seen(TEST + 50 if foreign is None else foreign, rate, distortion=200.0)},
        paths={"one_class": path, "two_classes": path},
    )


def answered(**known: object) -> dict[str, float]:
    return dict(generalisation.respond(LATENTS, answers(**known), OPTIONS).metrics)


def test_codes_that_do_not_move_lose_nothing() -> None:
    """The probe is as accurate as on clean images, and the directions are aligned."""
    found = answered()
    assert found["clean.accuracy"] == found["corrupted.accuracy"] == found["corrupted.noise.5.accuracy"] == 1
    assert found["corrupted.moved"] == found["alignment"] == found["corrupted.lost"] == 0


def test_codes_that_move_are_measured_at_every_level() -> None:
    """In sizes of the space; the mean over kinds has both. Far codes get a wrong class."""
    found, train = answered(moved=20.0), LATENTS.only("train").mean
    size = np.sqrt(np.square(train - train.mean(0)).sum(1).mean())
    assert found["corrupted.noise.1.moved"] == 0
    assert found["corrupted.noise.3.moved"] == pytest.approx(40 / size, rel=1e-4)
    assert found["corrupted.noise.moved"] == pytest.approx(40 / size, rel=1e-4)
    assert found["corrupted.moved"] == pytest.approx(20 / size, rel=1e-4)
    assert found["corrupted.noise.5.accuracy"] == pytest.approx(0.25)  # all in the first class
    assert found["corrupted.noise.accuracy"] == pytest.approx(0.4)
    assert found["corrupted.lost"] == pytest.approx(0.3)


def test_far_codes_are_foreign_and_own_codes_are_not() -> None:
    """Scores of codes tell far codes, and are at chance for the same codes; distortion and ELBO tell in both cases."""
    far, same = answered(), answered(foreign=TEST)
    for name in ("distortion", "elbo", "distance"):
        assert far[f"foreign.negatives.{name}_auroc"] == far[f"foreign.{name}_auroc"] == 1
    assert same["foreign.negatives.distance_auroc"] == same["foreign.negatives.ratio_auroc"] == pytest.approx(0.5)
    assert same["foreign.negatives.distortion_auroc"] == 1


def test_a_model_without_a_rate_has_no_elbo() -> None:
    """The metric is left out, not zero."""
    names = answered(rate=np.inf)
    assert "foreign.negatives.elbo_auroc" not in names
    assert "foreign.negatives.distortion_auroc" in names


def test_a_path_counts_its_points() -> None:
    """Between the ends, one of three points is accepted; the two ends are."""
    found = answered()
    assert found["path.one_class.accepted"] == pytest.approx(1 / 3)
    assert found["path.one_class.lost"] == pytest.approx(2 / 3)
    assert [found[f"path.two_classes.{n}.accepted"] for n in range(1, 6)] == [1, 1, 0, 0, 1]
    assert found["path.two_classes.detour"] == 1.5
    assert found["path.two_classes.3.log_ratio"] < found["path.two_classes.1.log_ratio"]  # no codes between the classes


def test_every_number_has_replicates_over_images() -> None:
    """Every metric has a value without each group."""
    found = generalisation.respond(LATENTS, answers(moved=1.0), OPTIONS)
    assert set(found.replicates) == set(found.metrics)
    for name, values in found.replicates.items():
        assert values.shape == (20,)
        assert values.mean() == pytest.approx(found.metrics[name], rel=0.02, abs=0.02), name


def analysed(images: Splits) -> Result:
    asked = responses.Options(images=60, pairs=20, steps=5, shown=1, seed=0)
    options, sizes = {"ae": {}, "vae": {"beta": 1.0}}, Sizes(784, 4, mlp((16,)))
    nets = Grid(
        {
            model: {
                seed: factory.build(model, sizes, factory.options(model).model_validate(own), seed).eval()
                for seed in (0, 1)
            }
            for model, own in options.items()
        }
    )
    codes = nets.map(lambda net: encode(net, images, 0))
    found = nets.map(lambda net: responses.respond(net, images.test, DIGITS, JUDGE, asked))
    return generalisation.analyse(codes, found, responses.mix(images.test, JUDGE, asked), OPTIONS)


def test_every_model_is_measured_twice_alike(images: Splits) -> None:
    """All models with all seeds, and the mixtures of pixels; only a model with a rate has an ELBO; equal bytes again."""
    result = analysed(images)
    found = metrics(result)
    assert set(found) == {"ae", "vae", "pixels"}
    assert set(found["vae"]) == {"0", "1"}
    kinds = {name.split(".")[1] for name in found["ae"]["0"] if name.startswith("foreign.") and name.count(".") == 2}
    assert kinds == {"uniform_noise", "negatives", "upside_down", "overlays", "chimeras", "digits"}
    only = {name for name in found["vae"]["0"] if name not in found["ae"]["0"]}
    assert only == {"foreign.elbo_auroc"} | {f"foreign.{kind}.elbo_auroc" for kind in kinds}
    assert {"path.two_classes.accepted", "path.one_class.5.accepted"} <= set(found["pixels"]["data"])
    assert set(result.figures) == {"corruptions", "foreign", "paths", "strips"}
    assert analysed(images).files("generalisation") == result.files("generalisation")
