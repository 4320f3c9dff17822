"""The judge: outliers that are what they say, and predictions, thresholds and files that are known."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from jaxtyping import Float
from safetensors.torch import save
from torch import Generator, Tensor

from latente.analyses import judge as analysis
from latente.data import batches
from latente.data.description import Description
from latente.data.images import Images
from latente.data.splits import Splits
from latente.errors import DataError, LatenteError
from latente.measures.judge import calibration, ensemble, fitting, outliers
from latente.measures.judge.ensemble import Judge
from latente.measures.judge.network import Classifier
from latente.measures.judge.outliers import Real
from latente.project import sections
from tests.support import DIGITS, UNLABELLED

OUTLIER = 10
OPTIONS = sections.Judge(networks=2, accept=0.9, epochs=4, batch_size=20, learning_rate=0.004, seed=0)


@pytest.fixture(scope="module")
def trained(images: Splits) -> Judge:
    """A judge that learned four epochs of a few hundred digits."""
    return calibration.calibrate(fitting.fit_all(images.judge, DIGITS, OPTIONS), images.validation, DIGITS, OPTIONS)


def real(images: Images, data: Description = DIGITS) -> Real:
    return Real(batches.whole(images), torch.tensor(images.labels).long(), data)


def made(kind: str, images: Splits) -> tuple[Float[Tensor, "images pixels"], Float[Tensor, "made pixels"]]:
    """Test images, and what one kind makes of them."""
    given = real(images.test)
    make = {**outliers.HELD_OUT, **outliers.TRAINED}[kind]
    return given.x, make(given, Generator().manual_seed(0))


def blind(confidence_of: int, logit: float) -> Classifier:
    """A network that gives every image the same logits: `logit` for one class, 0 for the others."""
    network = Classifier(784, 10).eval()
    with torch.no_grad():
        network.classes.weight.zero_()
        network.classes.bias.zero_()
        network.classes.bias[confidence_of] = logit
    return network


# Outliers


def test_no_kind_is_in_both_lists() -> None:
    """Twelve kinds train the judge, and six others test it; no function is in both."""
    assert (len(outliers.TRAINED), len(outliers.HELD_OUT)) == (12, 6)
    functions = [*outliers.TRAINED.values(), *outliers.HELD_OUT.values()]
    assert len(set(functions)) == len({*outliers.TRAINED, *outliers.HELD_OUT}) == 18


@pytest.mark.parametrize("kind", [*outliers.HELD_OUT, *outliers.TRAINED])
def test_every_kind_makes_grey_levels_and_no_copies(images: Splits, kind: str) -> None:
    """Levels are in [0, 1], no picture equals its original, and the same seed gives the same pictures."""
    x, found = made(kind, images)
    assert 0 < len(found) <= len(x)
    assert found.min() >= 0
    assert found.max() <= 1
    assert not (found[:, None] == x[None]).all(-1).any()
    torch.testing.assert_close(found, made(kind, images)[1], rtol=0, atol=0)


def test_held_out_kinds_are_what_they_say(images: Splits) -> None:
    """Negatives, half turns, overlays and chimeras, pixel by pixel."""
    x, negative = made("negatives", images)
    torch.testing.assert_close(negative, 1 - x)
    turned = made("upside_down", images)[1]
    chosen = x[torch.isin(torch.tensor(images.test.labels), torch.tensor([2, 3, 4, 5, 7]))]
    torch.testing.assert_close(turned.reshape(-1, 28, 28).flip(1, 2).reshape(-1, 784), chosen)
    overlay = made("overlays", images)[1]
    covered = [(one[None] >= x).all(-1).sum().item() for one in overlay[:20]]
    assert min(covered) >= 2, "both digits are in the picture"
    chimera = made("chimeras", images)[1].reshape(-1, 28, 28)
    pictures = x.reshape(-1, 28, 28)
    for one in chimera[:20]:
        left = (one[:, :14] == pictures[:, :, :14]).all(-1).all(-1)
        right = (one[:, 14:] == pictures[:, :, 14:]).all(-1).all(-1)
        assert left.any()
        assert right.any()


def test_two_digits_in_one_picture_have_different_classes(images: Splits) -> None:
    """With images of a single class, nothing can be made of two classes."""
    threes = images.test[np.flatnonzero(images.test.labels == 3)]
    for kind in ("overlays", "chimeras", "blurred_blends"):
        assert len(outliers.HELD_OUT[kind](real(threes), Generator().manual_seed(0))) == 0


@pytest.mark.parametrize(
    "kind",
    ["overlays", "chimeras", "blurred_blends", "top_and_bottom", "quarters", "crossed", "patchwork"],
)
def test_without_labels_any_two_images_become_one(images: Splits, kind: str) -> None:
    """The two images differ, so the result is no copy of one of them."""
    given = Real(batches.whole(images.test), torch.zeros(len(images.test)).long(), UNLABELLED)
    found = {**outliers.HELD_OUT, **outliers.TRAINED}[kind](given, Generator().manual_seed(0))
    assert len(found) >= len(images.test) - 3
    assert torch.cdist(found, given.x).min() > 0


def test_a_batch_has_digits_first_and_then_all_kinds(images: Splits) -> None:
    """The digits keep their classes, and every other picture has the class of no digit."""
    x = batches.whole(images.judge)
    more, classes = fitting.with_outliers(real(images.judge), Generator().manual_seed(0))
    torch.testing.assert_close(more[: len(x)], x)
    assert classes[: len(x)].tolist() == images.judge.labels.tolist()
    assert set(classes[len(x) :].tolist()) == {OUTLIER}
    assert len(x) / 2 < len(more) - len(x) <= len(x)


def test_symmetric_classes_make_no_outliers_by_turning(images: Splits) -> None:
    """A data set says which classes change when an image is turned or mirrored; the others are left out."""
    none = DIGITS.model_copy(update={"upside_down": (), "turned": ()})
    for make in (outliers.upside_down, outliers.mirrored, outliers.quarter_turned):
        assert make(real(images.test, none), Generator()).shape == (0, 784)
        found = make(real(images.test), Generator())
        assert (
            len(found)
            == np.isin(images.test.labels, DIGITS.upside_down if make is outliers.upside_down else DIGITS.turned).sum()
        )


@pytest.mark.parametrize("side", [8, 12, 32])
def test_every_kind_is_made_of_images_of_any_side(side: int) -> None:
    """Images of other sizes become images of the same size, and a judge classifies them."""
    given = Real(torch.rand(60, side**2), torch.arange(60) % 10, DIGITS)
    for make in {**outliers.HELD_OUT, **outliers.TRAINED}.values():
        assert make(given, Generator().manual_seed(0)).shape[1] == side**2
    assert Classifier(side**2, 3)(given.x).shape == (60, 4)


# Predictions


def test_the_confidence_is_the_mean_probability_of_the_most_probable_digit() -> None:
    """Two networks without weights: the mean of two softmaxes at the temperature."""
    judge = Judge([blind(3, 4.0), blind(3, 0.0)], temperature=2.0, threshold=0.0)
    expected = (np.exp(2) / (np.exp(2) + 10) + 1 / 11) / 2
    for threshold, accepted in ((expected - 0.01, True), (expected + 0.01, False)):
        found = ensemble.predict(replace(judge, threshold=threshold), torch.rand(250, 784))
        assert found.label.tolist() == [3] * 250
        assert found.confidence.tolist() == pytest.approx([expected] * 250)
        assert found.accepted.tolist() == [accepted] * 250
        assert found.features.shape == (2, 250, 64)


def test_an_image_that_is_no_digit_has_no_confidence() -> None:
    """The probability of no digit is not the confidence of a digit."""
    judge = Judge([blind(OUTLIER, 20.0)], temperature=1.0, threshold=0.01)
    found = ensemble.predict(judge, torch.rand(5, 784))
    assert found.confidence.max() < 1e-6
    assert not found.accepted.any()


def test_the_threshold_accepts_the_stated_share(images: Splits, trained: Judge) -> None:
    """Of the validation images that set it."""
    found = ensemble.predict(trained, batches.whole(images.validation))
    assert found.accepted.mean() == pytest.approx(OPTIONS.accept, abs=0.011)
    values = np.arange(100, dtype=np.float32) / 100
    for accept in (0.5, 0.9, 0.95):
        assert (values > ensemble.threshold(values, accept)).mean() == pytest.approx(accept, abs=0.011)


def test_the_temperature_undoes_a_factor_of_the_logits() -> None:
    """Three times larger logits need a temperature that is three times higher."""
    logits = torch.randn(1, 2000, 11, generator=Generator().manual_seed(0))
    torch.manual_seed(0)
    classes = torch.distributions.Categorical(logits=logits[0]).sample()
    one = calibration.temperature(logits, classes)
    assert one == pytest.approx(1, rel=0.1)
    assert calibration.temperature(3 * logits, classes) / one == pytest.approx(3, rel=0.1)


def test_calibration_error_of_known_confidences() -> None:
    """Confidence .8 that is right in half of the cases is wrong by .3."""
    right = np.arange(1000) % 2 == 0
    assert calibration.calibration_error(np.full(1000, 0.8), right) == pytest.approx(0.3)
    assert calibration.calibration_error(np.full(1000, 0.5), right) == pytest.approx(0)


# Training


def test_a_trained_judge_names_digits_and_rejects_noise(images: Splits, trained: Judge) -> None:
    """It knows test digits, accepts many of them, and accepts no noise."""
    found = analysis.analyse(trained, images, DIGITS, OPTIONS).measurements
    test, others = (found[subject]["data"].metrics for subject in ("test_images", "outliers"))
    assert test["accuracy"] > 0.75
    assert test["accepted"] > 0.75
    assert others["held_out.uniform_noise.accepted"] < 0.05
    assert others["trained.smooth_noise.accepted"] < 0.05
    assert test["sweep.80.accepted"] <= test["sweep.95.accepted"] <= test["sweep.99.accepted"]


def test_the_networks_differ_and_come_out_again(images: Splits, trained: Judge) -> None:
    """Two seeds give two networks, and the same options give the same bytes."""
    again = calibration.calibrate(fitting.fit_all(images.judge, DIGITS, OPTIONS), images.validation, DIGITS, OPTIONS)
    assert ensemble.to_bytes(again) == ensemble.to_bytes(trained)
    one, two = (network.classes.weight for network in trained.networks)
    assert not torch.equal(one, two)


def test_the_training_does_not_touch_the_global_chance(images: Splits) -> None:
    """The state of torch's generator is the same before and after."""
    before = torch.get_rng_state()
    fitting.fit(images.judge, DIGITS, OPTIONS.model_copy(update={"epochs": 1}), seed=1)
    assert torch.equal(before, torch.get_rng_state())


def test_a_judge_that_diverges_is_refused(images: Splits) -> None:
    """The error names the parameter to lower."""
    with pytest.raises(LatenteError, match=r"epoch \d+: the loss is nan; lower judge.learning_rate"):
        fitting.fit(images.judge, DIGITS, OPTIONS.model_copy(update={"learning_rate": 1e30}), seed=0)


# Files


def test_a_judge_comes_back_from_its_file(images: Splits, trained: Judge, tmp_path: Path) -> None:
    """Temperature, threshold and predictions are the same."""
    (tmp_path / "judge").write_bytes(ensemble.to_bytes(trained))
    loaded = ensemble.load(tmp_path / "judge")
    assert (loaded.temperature, loaded.threshold) == (trained.temperature, trained.threshold)
    x = batches.whole(images.test)
    assert torch.equal(ensemble.predict(loaded, x).confidence, ensemble.predict(trained, x).confidence)


def damaged() -> list[bytes]:
    broken = Classifier(784, 10)
    with torch.no_grad():
        broken.classes.bias[0] = torch.nan
    sound = ensemble.to_bytes(Judge([Classifier(784, 10)], 1.0, 0.5))
    scalars = {name: torch.tensor(8) for name in ("temperature", "threshold", "side")}
    return [b"", b"no", sound[:-1], ensemble.to_bytes(Judge([broken], 1.0, 0.5)), save(scalars)]


@pytest.mark.parametrize("content", damaged())
def test_a_damaged_file_is_refused(tmp_path: Path, content: bytes) -> None:
    """An empty, foreign or cut file, a weight that is no number, or no network."""
    (tmp_path / "judge").write_bytes(content)
    with pytest.raises(DataError, match=r"judge: .*`dvc repro`"):
        ensemble.load(tmp_path / "judge")
