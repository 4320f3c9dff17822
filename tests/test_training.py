"""The training loop, and the codes."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load as load_bytes
from safetensors.numpy import save

from latente.codes import encoding, latents
from latente.codes.latents import Latents
from latente.data import batches
from latente.data.splits import Splits
from latente.errors import DataError, LatenteError
from latente.models.network import factory
from latente.models.network.autoencoder import Autoencoder, LossTerms, Sizes
from latente.models.training import fit
from latente.models.variants.vae import Options
from latente.project.sections import Network, Train
from tests.support import mlp

NETWORK = mlp((32, 16))
OPTIONS = Train(epochs=4, batch_size=64, learning_rate=0.003, precision="fp32", device="cpu")


def train(
    images: Splits, seed: int = 0, name: str = "vae", network: Network = NETWORK, **changes: object
) -> tuple[Autoencoder, fit.Fitted]:
    options = OPTIONS.model_copy(update=changes)
    section = Options(beta=1.0) if name == "vae" else factory.options(name)()
    net = factory.build(name, Sizes(784, 4, network), section, seed)
    return net, fit.fit(net, images, options, seed, lambda number, values: None)


def test_training_lowers_the_loss_and_repeats_to_the_bit(images: Splits) -> None:
    """Two trainings from one seed have equal weights and losses. Another seed gives others."""
    (one, first), (two, second), (_, third) = train(images), train(images), train(images, seed=1)
    assert first == second
    assert first != third
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), two.parameters(), strict=True))
    losses = [epoch.losses["validation_loss"] for epoch in first.epochs]
    assert losses[-1] < losses[0]


def test_the_weights_are_those_of_the_best_epoch(images: Splits) -> None:
    """A training that overfits keeps the weights of an earlier epoch, and the model has the loss of that epoch."""
    net, fitted = train(images, epochs=60, learning_rate=0.01, name="ae", network=mlp((256, 128)))
    losses = [epoch.losses["validation_loss"] for epoch in fitted.epochs]
    assert fitted.best.number == 1 + int(np.argmin(losses)) < len(losses)
    found = fit.evaluate(net, batches.pixels(images.validation), seed=0)
    assert found["loss"] == fitted.best.losses["validation_loss"]


def test_variants_see_the_same_batches(images: Splits, monkeypatch: pytest.MonkeyPatch) -> None:
    """The noise of one variant does not change the order of the images."""
    seen: dict[str, list[torch.Tensor]] = {"ae": [], "vae": []}
    grey = batches.grey
    for name, parts in seen.items():
        monkeypatch.setattr(batches, "grey", lambda pixels, parts=parts: parts.append(pixels) or grey(pixels))
        train(images, name=name)
    assert len(seen["ae"]) == len(seen["vae"]) > 4
    assert all(torch.equal(a, b) for a, b in zip(seen["ae"], seen["vae"], strict=True))


def test_every_epoch_is_told_as_it_ends(images: Splits) -> None:
    """The callback gets the number, all loss terms of both parts, and the speed."""
    told: list[tuple[int, dict[str, float]]] = []
    net = factory.build("vae", Sizes(784, 4, NETWORK), Options(beta=1.0), seed=0)
    fit.fit(net, images, OPTIONS, 0, lambda number, values: told.append((number, values)))
    assert [number for number, _ in told] == [1, 2, 3, 4]
    terms = {f"{part}_{term}" for part in ("train", "validation") for term in ("loss", "distortion", "rate")}
    assert set(told[0][1]) == terms | {"images_per_second"}
    assert told[0][1]["images_per_second"] > 0


def test_bf16_rounds_the_factors_of_products_and_nothing_else(images: Splits) -> None:
    """If the processor supports bf16, the result is slightly different and repeats. Weights and settings stay fp32."""
    (net, fine), (_, coarse), (_, again) = (
        train(images),
        train(images, precision="bf16"),
        train(images, precision="bf16"),
    )
    assert coarse == again
    assert (coarse != fine) == torch.ops.mkldnn._is_mkldnn_bf16_supported()
    assert coarse.best.losses["train_loss"] == pytest.approx(fine.best.losses["train_loss"], rel=0.02)
    assert {value.dtype for value in net.parameters()} == {torch.float32}
    assert torch.get_float32_matmul_precision() == "highest"


def test_a_missing_gpu_is_told_or_done_without(images: Splits, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a GPU, `cuda` is an error and `auto` is the CPU."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert train(images, device="auto")[1] == train(images)[1]
    with pytest.raises(LatenteError, match=r"train\.device in params\.yaml is cuda, but torch finds no GPU"):
        train(images, device="cuda")


def test_black_pixels_leave_no_denormal_numbers(images: Splits, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand steps shrink Adam's mean gradients to denormal numbers. Flushing these to zero changes no weight."""
    smallest = torch.finfo(torch.float32).tiny
    kept: list[int] = []
    restored = fit._Training.add

    def add(self: fit._Training, epoch: fit.Epoch) -> None:
        restored(self, epoch)
        means = [state["exp_avg"].abs() for state in self._optimiser.state.values()]
        kept.append(sum(int(((mean > 0) & (mean < smallest)).sum()) for mean in means))

    monkeypatch.setattr(fit._Training, "add", add)
    before = torch.get_num_threads()
    torch.set_num_threads(1)  # other threads do not flush denormal numbers
    few = {"batch_size": 4, "epochs": 10}
    flushed, _ = train(images, name="ae", **few)
    assert not any(kept)
    kept.clear()
    monkeypatch.setattr(torch, "set_flush_denormal", lambda _: None)
    other, _ = train(images, name="ae", **few)
    assert any(kept)
    assert all(torch.equal(a, b) for a, b in zip(flushed.parameters(), other.parameters(), strict=True))
    torch.set_num_threads(before)


def test_a_loss_that_is_not_finite_stops_the_training(images: Splits) -> None:
    """The training stops at once, and the error gives the step."""
    net = factory.build("ae", Sizes(784, 4, NETWORK), factory.options("ae")(), seed=0)
    with torch.no_grad():
        net.mean.bias.fill_(torch.nan)
    with pytest.raises(
        LatenteError, match=r"epoch 1, batch 1: the loss is nan nats per image; lower train.learning_rate"
    ):
        fit.fit(net, images, OPTIONS, 0, lambda number, values: None)


@pytest.mark.parametrize("fault", [float("nan"), float("inf"), 1e7])
def test_a_loss_that_explodes_stops_the_training_within_a_few_steps(
    images: Splits, monkeypatch: pytest.MonkeyPatch, fault: float
) -> None:
    """The callback does not get this epoch, and the error gives the last valid loss."""
    net = factory.build("ae", Sizes(784, 4, NETWORK), factory.options("ae")(), seed=0)
    objective, steps, told = net.objective, list[int](), list[int]()

    def failing(x: torch.Tensor, generator: torch.Generator) -> LossTerms:
        steps.append(len(x))
        terms = objective(x, generator)
        return terms if len(steps) < 75 else {name: term * 0 + fault for name, term in terms.items()}

    monkeypatch.setattr(net, "objective", failing)
    options = OPTIONS.model_copy(update={"batch_size": 8})
    with pytest.raises(LatenteError, match=r"epoch 2, batch 41: the loss is .* nats per image \(last valid loss: \d"):
        fit.fit(net, images, options, 0, lambda number, values: told.append(number))
    assert told == [1]
    assert len(steps) < 75 + 20


def test_the_curve_is_a_table(images: Splits) -> None:
    """The table has a header and one row per epoch."""
    lines = train(images)[1].to_csv().decode().splitlines()
    assert lines[0].startswith("epoch,train_loss,")
    assert [line.split(",")[0] for line in lines[1:]] == ["1", "2", "3", "4"]


def test_codes_come_back_from_their_file(images: Splits, tmp_path: Path) -> None:
    """The file keeps all codes in order. A sample is the mean plus noise; a point posterior has no noise."""
    for name in ("ae", "vae"):
        net, _ = train(images, name=name)
        codes = encoding.encode(net, images, seed=0)
        (tmp_path / "codes").write_bytes(codes.to_bytes())
        loaded = latents.load(tmp_path / "codes")
        np.testing.assert_array_equal(loaded.sample, codes.sample)
        test = loaded.only("test")
        np.testing.assert_array_equal(test.label, images.test.labels)
        with torch.no_grad():
            expected = net.posterior(torch.cat(list(batches.in_order(images.test)))).mean.numpy()
        np.testing.assert_allclose(test.mean, expected, rtol=1e-4, atol=1e-5)
        standard = np.divide(
            loaded.sample - loaded.mean,
            np.exp(loaded.logvar / 2),
            where=np.isfinite(loaded.logvar),
            out=np.zeros_like(loaded.mean),
        )
        assert abs(standard.std() - (name == "vae")) < 0.05


def other(codes: Latents, **changes: np.ndarray) -> bytes:
    """A file of codes with some arrays replaced."""
    whole = load_bytes(codes.to_bytes()) | changes
    return save({name: np.ascontiguousarray(array) for name, array in whole.items()})


def test_codes_of_any_number_of_classes_are_read(images: Splits, tmp_path: Path) -> None:
    """A label is not limited to the ten classes of MNIST."""
    codes = encoding.encode(train(images)[0], images, seed=0)
    (tmp_path / "codes").write_bytes(other(codes, label=codes.label + np.uint8(30)))
    assert latents.load(tmp_path / "codes").label.max() > 30


DAMAGES: dict[str, Callable[[Latents], bytes]] = {
    "empty": lambda codes: b"",
    "cut": lambda codes: codes.to_bytes()[:-10],
    "a name": lambda codes: codes.to_bytes().replace(b'"label"', b'"lapel"'),
    "fewer labels": lambda codes: other(codes, label=codes.label[1:]),
    "fewer units": lambda codes: other(codes, logvar=codes.logvar[:, 1:]),
    "flat": lambda codes: other(codes, mean=codes.mean[:, 0], sample=codes.sample[:, 0], logvar=codes.logvar[:, 0]),
    "no image": lambda codes: codes.only("test").only("train").to_bytes(),
    "double": lambda codes: other(codes, mean=codes.mean.astype(np.float64)),
    "nan": lambda codes: other(codes, mean=np.where(codes.label[:, None] == 3, np.float32(np.nan), codes.mean)),
    "infinite": lambda codes: other(codes, sample=codes.sample / np.float32(0)),
    "variance": lambda codes: other(codes, logvar=codes.logvar * np.float32(np.nan)),
    "no prior": lambda codes: other(codes, prior_mean=codes.prior.mean[:0]),
    "another prior": lambda codes: other(codes, prior_mean=codes.prior.mean[:, 1:]),
    "infinite prior": lambda codes: other(codes, prior_logvar=codes.prior.logvar + np.float32(np.inf)),
    "part": lambda codes: other(codes, part=codes.part + np.uint8(1)),
}


@pytest.mark.parametrize("damage", list(DAMAGES))
@pytest.mark.filterwarnings("ignore:divide by zero")
def test_damaged_codes_are_refused(images: Splits, tmp_path: Path, damage: str) -> None:
    """The error is one line that names the file and says what to do."""
    codes = encoding.encode(train(images)[0], images, seed=0)
    (tmp_path / "codes").write_bytes(DAMAGES[damage](codes))
    with pytest.raises(DataError, match=r"codes: .*`dvc repro`") as caught:
        latents.load(tmp_path / "codes")
    assert "\n" not in str(caught.value)
