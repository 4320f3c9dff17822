"""What codes with known contents hold, and what they are good for."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import ortho_group

from latente.analyses import representation
from latente.analyses.representation import Encoded, Options, Sample
from latente.codes.encoding import encode
from latente.data.images import Images
from latente.data.splits import Splits
from latente.models.network import factory
from latente.models.network.autoencoder import Sizes
from latente.results import jackknife
from latente.results.grid import Grid
from latente.results.result import Result
from tests.support import metrics, mlp

GENERATOR = np.random.default_rng(0)
OPTIONS = Options(active=0.01, images=150, neighbours=5, seed=0)


def sample(count: int = 1000) -> Sample:
    """Images with three independent factors, the first of which also depends on the class."""
    train, test = GENERATOR.standard_normal((2, count, 3))
    labels = GENERATOR.integers(4, size=(2, count)).astype(np.uint8)
    train[:, 0] += labels[0]
    test[:, 0] += labels[1]
    index = np.arange(count)
    return Sample(["thickness", "slant", "ink"], index, index, train, test, *labels)


SAMPLE = sample()
ONE_HOT = [10 * np.eye(4)[labels] for labels in (SAMPLE.train_labels, SAMPLE.test_labels)]
PERFECT = Encoded(*map(np.hstack, zip((SAMPLE.train_factors, SAMPLE.test_factors), ONE_HOT, strict=True)))
NOISE = Encoded(*GENERATOR.standard_normal((2, 1000, 7)))


def held(space: Encoded) -> dict[str, float]:
    return dict(representation.held(space, SAMPLE, OPTIONS).metrics)


def single(space: Encoded) -> dict[str, float]:
    return dict(representation.single(space, SAMPLE, 0).metrics)


# Factors


def test_codes_that_hold_the_factors_tell_them() -> None:
    """A linear map tells everything, also within a class; the permuted factors are told by nobody."""
    found = held(PERFECT)
    for name in ("linear_r2", "within.linear_r2", "factor.slant.linear_r2", "within.factor.thickness.linear_r2"):
        assert found[name] == pytest.approx(1, abs=0.01), name
    assert 0.8 < found["knn_r2"] < 1
    for name in ("permuted.linear_r2", "within.permuted.linear_r2", "permuted.factor.ink.linear_r2"):
        assert found[name] == pytest.approx(0, abs=0.05), name
    assert found["within.permuted.knn_r2"] == pytest.approx(-0.2, abs=0.1)  # the variance of a mean of five
    assert found["neighbour_class"] > 0.99
    assert found["neighbour_factors"] < 0.6


def test_codes_of_noise_tell_nothing() -> None:
    """Every number is that of its null."""
    found = held(NOISE)
    for name in ("linear_r2", "within.linear_r2"):
        assert found[name] == pytest.approx(0, abs=0.05), name
    assert found["knn_r2"] == pytest.approx(found["permuted.knn_r2"], abs=0.06)
    assert found["neighbour_class"] == pytest.approx(0.25, abs=0.03)
    assert found["neighbour_factors"] == pytest.approx(1, abs=0.05)


def test_a_factor_that_the_class_tells_is_told_by_classes_alone_but_not_within_them() -> None:
    """Codes that hold the class and nothing else: half of the variance of the first factor, and nothing within."""
    found = held(Encoded(*(one + 0.01 * GENERATOR.standard_normal(one.shape) for one in ONE_HOT)))
    assert found["factor.thickness.linear_r2"] == pytest.approx(1.25 / 2.25, abs=0.05)
    assert found["within.factor.thickness.linear_r2"] == pytest.approx(0, abs=0.05)
    assert found["factor.slant.linear_r2"] == pytest.approx(0, abs=0.05)


# Units


def test_units_that_are_factors_score_full_and_rotated_ones_do_not() -> None:
    """Rotated factors tell as much as before, but no unit holds a single factor."""
    independent = replace(
        SAMPLE,
        **{f"{part}_factors": getattr(PERFECT, part)[:, 1:3] for part in ("train", "test")},
        names=["slant", "ink"],
    )
    full = representation.single(PERFECT, independent, 0).metrics
    assert full["disentanglement"] > 0.99
    assert full["informativeness"] == pytest.approx(1, abs=0.01)
    assert full["mig"] > 0.6  # four units share the class
    standard = {part: getattr(PERFECT, part) / PERFECT.test.std(0) for part in ("train", "test")}
    turn = ortho_group.rvs(7, random_state=1)
    turned = representation.single(Encoded(standard["train"] @ turn, standard["test"] @ turn), independent, 0).metrics
    assert turned["informativeness"] == pytest.approx(full["informativeness"], abs=1e-3)
    assert turned["disentanglement"] < 0.5
    assert turned["mig"] < 0.15
    for name in ("disentanglement", "completeness", "mig"):
        assert full[f"rotated.{name}"] == pytest.approx(turned[name], abs=0.2), name


def test_units_of_noise_score_null() -> None:
    """No unit is important, and none tells more than the others."""
    found = single(NOISE)
    assert found["informativeness"] == pytest.approx(0, abs=0.05)
    assert found["mig"] < 0.02


def test_every_number_has_replicates_over_images() -> None:
    """The value without a group of images is the value of the other images."""
    kept = jackknife.assign(1000) != 3
    fewer = replace(
        SAMPLE, test_factors=SAMPLE.test_factors[kept], test_labels=SAMPLE.test_labels[kept], test=SAMPLE.test[kept]
    )
    space = Encoded(PERFECT.train + NOISE.train, PERFECT.test + NOISE.test)
    part = replace(space, test=space.test[kept])
    for function in (
        lambda one, images: representation.held(one, images, OPTIONS),
        lambda one, images: representation.single(one, images, 0),
    ):
        whole, without = function(space, SAMPLE), function(part, fewer)
        assert set(whole.replicates) == set(whole.metrics)
        for name in {*whole.metrics} - {"hubness", "neighbour_class", "neighbour_entropy", "neighbour_factors"}:
            tolerance = 0.05 if name.startswith("rotated") else 1e-6  # the scale of the codes is that of all images
            assert whole.replicates[name][3] == pytest.approx(without.metrics[name], abs=tolerance), name


# The whole analysis


def analysed(images: Splits) -> Result:
    options = {"ae": {}, "vae": {"beta": 1.0}}
    sizes = Sizes(784, 4, mlp((16,)))
    nets = Grid(
        {
            model: {
                seed: factory.build(model, sizes, factory.options(model).model_validate(own), seed) for seed in (0, 1)
            }
            for model, own in options.items()
        }
    )
    return representation.analyse(nets.map(lambda net: encode(net.eval(), images, 0)), images, OPTIONS)


def test_every_model_and_baseline_is_measured_twice_alike(images: Splits) -> None:
    """All models with all seeds, principal components, pixels and the images; equal bytes again."""
    result = analysed(images)
    found = metrics(result)
    assert set(found) == {"ae", "vae", "pca", "pixels", "test_images"}
    assert set(found["vae"]) == {"0", "1"}
    names = ("thickness", "slant", "width", "height", "ink")
    for subject, seed in (("ae", "1"), ("pca", "data"), ("pixels", "data")):
        told = {name.split(".")[1] for name in found[subject][seed] if name.startswith("factor.")}
        assert told == {*names}
    assert found["pixels"]["data"]["factor.ink.linear_r2"] > 0.99  # ink is a sum of pixels
    assert found["pixels"]["data"]["within.linear_r2"] > found["pixels"]["data"]["within.permuted.linear_r2"] + 0.5
    assert found["test_images"]["data"]["factor.across.deviation"] < 0.5
    assert set(result.figures) == {"told", "units", "directions"}
    assert analysed(images).files("representation") == result.files("representation")


def test_filled_shapes_have_no_factors_of_strokes(images: Splits) -> None:
    """The factors are left out of every table, and the figures show the others."""

    def filled(part: Images) -> Images:
        """Bright squares of random size, place and grey level."""
        size, place = GENERATOR.integers(8, 16, (2, len(part), 1)), GENERATOR.integers(0, 10, (2, len(part), 1))
        row, column = np.divmod(np.arange(784), 28)
        inside = (abs(row - 6 - place[0]) < size[0] / 2) & (abs(column - 6 - place[1]) < size[0] / 2)
        return replace(part, pixels=(inside * GENERATOR.integers(100, 255, (len(part), 1))).astype(np.uint8))

    shapes = Splits(**{name: filled(getattr(images, name)) for name in ("train", "validation", "test", "judge")})
    result = analysed(shapes)
    told = {name.split(".")[1] for name in metrics(result)["pca"]["data"] if name.startswith("factor.")}
    assert told == {"ink", "across", "down"}
    assert metrics(result)["test_images"]["data"]["fullness"] > 0.5


def test_images_that_differ_in_nothing_have_no_factors(images: Splits) -> None:
    """Everything that needs no factor is still measured."""
    same = {
        name: replace(part, pixels=np.repeat(images.test.pixels[:1], len(part), axis=0))
        for name, part in (("train", images.train), ("test", images.test))
    }
    sample_, measured = representation.draw(replace(images, **same), OPTIONS)
    assert sample_.names == []
    assert measured.are_strokes()
    space = Encoded(NOISE.train[:150], NOISE.test[:150])
    assert set(representation.held(space, sample_, OPTIONS).metrics) == {
        "neighbour_class",
        "neighbour_entropy",
        "hubness",
    }
    assert representation.single(space, sample_, 0).metrics == {}
