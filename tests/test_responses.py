"""Responses of a model to other images, and their file."""

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load, save

from latente.analyses import responses
from latente.analyses.responses import Options
from latente.codes import responses as stored
from latente.codes.responses import Responses
from latente.data import batches
from latente.data.images import Images
from latente.data.splits import Splits
from latente.errors import DataError
from latente.measures.judge.ensemble import predict
from latente.models.network import factory
from latente.models.network.autoencoder import Autoencoder, Sizes
from tests.support import DIGITS, mlp, untrained_judge

OPTIONS = Options(images=60, pairs=20, steps=5, shown=2, seed=0)
JUDGE = untrained_judge(0.105)  # accepts some images, and rejects others


def net(model: str) -> Autoencoder:
    options = factory.options(model).model_validate({"beta": 1.0} if model == "vae" else {})
    return factory.build(model, Sizes(784, 4, mlp((16,))), options, 0).eval()


def responding(images: Splits, model: str = "vae") -> Responses:
    return responses.respond(net(model), images.test, DIGITS, JUDGE, OPTIONS)


def test_the_codes_are_those_of_the_chosen_images(images: Splits) -> None:
    """The mean of the posterior, for clean images, for corrupted ones at five levels, and for foreign ones."""
    found, x = responding(images), batches.whole(images.test)
    assert len(found.chosen) == 60
    assert (np.diff(found.chosen) > 0).all()
    with torch.no_grad():
        assert found.clean.mean == pytest.approx(net("vae").posterior(x[found.chosen]).mean.numpy())
        noise = found.foreign["negatives"]
        assert noise.mean == pytest.approx(net("vae").posterior(1 - x[found.chosen]).mean.numpy())
    assert {kind: codes.shape for kind, codes in found.corrupted.items()} == dict.fromkeys(
        ("noise", "blur", "occlusion", "shift", "rotation", "contrast"), (5, 60, 4)
    )
    assert set(found.foreign) == {"uniform_noise", "negatives", "upside_down", "overlays", "chimeras", "digits"}


def test_a_point_posterior_has_no_finite_rate(images: Splits) -> None:
    """The VAE has one, and a distortion in nats; both models see the same images."""
    vae, ae = responding(images), responding(images, "ae")
    assert np.isfinite(vae.clean.rate).all()
    assert np.isinf(ae.clean.rate).all()
    assert (vae.clean.distortion > 0).all()
    assert (vae.chosen == ae.chosen).all()
    assert all((vae.paths[kind].ends == ae.paths[kind].ends).all() for kind in vae.paths)


def test_paths_join_the_codes_of_two_images(images: Splits) -> None:
    """The classes are equal or not, the codes at the ends are theirs, and the judge sees every decoded point."""
    found = responding(images)
    for kind, one in found.paths.items():
        classes = images.test.labels[one.ends]
        assert ((classes[:, 0] == classes[:, 1]) == (kind == "one_class")).all()
        places = np.searchsorted(found.chosen, one.ends)
        assert one.mean[:, [0, -1]] == pytest.approx(found.clean.mean[places])
        with torch.no_grad():
            decoded = net("vae").decode(torch.tensor(one.mean)).sigmoid()
        assert one.images == pytest.approx(decoded[:2].numpy())
        assert (one.accepted.ravel() == predict(JUDGE, decoded.flatten(0, 1)).accepted).all()
        assert (one.detour >= 1 - 1e-6).all()


def test_mixtures_of_pixels_have_the_same_ends(images: Splits) -> None:
    """The first and the last mixture are the images themselves; the middle is their mean."""
    mixed, found, x = responses.mix(images.test, JUDGE, OPTIONS), responding(images), images.test.grey
    for kind, one in found.paths.items():
        first, last = x[one.ends[:2]].swapaxes(0, 1)
        assert mixed.images[kind][:, 0] == pytest.approx(first)
        assert mixed.images[kind][:, 2] == pytest.approx((first + last) / 2, abs=1e-6)
        assert mixed.accepted[kind].shape == one.accepted.shape
        real = predict(JUDGE, torch.tensor(x[one.ends[:, 0]])).accepted
        assert (mixed.accepted[kind][:, 0] == real).all()
    assert {kind: one.shape for kind, one in mixed.examples.items()} == dict.fromkeys(found.corrupted, (5, 784))


def test_a_kind_that_the_images_cannot_become_is_left_out(images: Splits) -> None:
    """Digits of scikit-learn are foreign to other data sets only; no class may be unlike itself upside down."""
    some = images.test[np.arange(50)]
    assert responses.foreign(some, DIGITS, 0)["digits"].shape == (50, 784)
    assert "digits" not in responses.foreign(some, DIGITS.model_copy(update={"name": "digits"}), 0)
    assert "upside_down" not in responses.foreign(some, DIGITS.model_copy(update={"upside_down": ()}), 0)
    small = Images(some.pixels[:, :64], some.labels, some.names)
    assert responses.foreign(small, DIGITS.model_copy(update={"side": 8}), 0)["digits"].shape == (50, 64)


def test_the_same_responses_come_out_again_and_survive_their_file(images: Splits, tmp_path: Path) -> None:
    """The bytes are equal, and reading them gives the same arrays."""
    found = responding(images, "ae")
    (tmp_path / "one").write_bytes(found.to_bytes())
    assert responding(images, "ae").to_bytes() == found.to_bytes()
    assert stored.load(tmp_path / "one").to_bytes() == found.to_bytes()
    pixels = responses.mix(images.test, JUDGE, OPTIONS)
    (tmp_path / "two").write_bytes(pixels.to_bytes())
    assert stored.load_pixels(tmp_path / "two").to_bytes() == pixels.to_bytes()


def test_only_some_units_stay(images: Splits) -> None:
    """Codes lose the other units everywhere; all else stays."""
    found, units = responding(images), np.array([True, False, True, False])
    fewer = found.of_units(units)
    assert (fewer.clean.mean == found.clean.mean[:, units]).all()
    assert (fewer.corrupted["blur"] == found.corrupted["blur"][..., units]).all()
    assert (fewer.foreign["overlays"].mean == found.foreign["overlays"].mean[:, units]).all()
    assert (fewer.paths["one_class"].mean == found.paths["one_class"].mean[..., units]).all()
    assert (fewer.paths["one_class"].accepted == found.paths["one_class"].accepted).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda arrays: arrays.pop("chosen"), "no chosen; delete it"),
        (lambda arrays: arrays.update({"clean.mean": arrays["clean.mean"][:, :3]}), "unlike others"),
        (lambda arrays: arrays.update({"corrupted.blur": arrays["corrupted.blur"][:4]}), "unlike others"),
        (
            lambda arrays: arrays.update({"clean.rate": arrays["clean.rate"].astype(np.float64)}),
            "clean.rate has float64",
        ),
        (lambda arrays: arrays.update({"clean.rate": arrays["clean.rate"] * np.float32(np.nan)}), "not finite"),
        (lambda arrays: arrays.update({"foreign.digits.mean": arrays["foreign.digits.mean"][:9]}), "unlike others"),
        (lambda arrays: arrays.update({"more": arrays["chosen"]}), "more has int64"),
    ],
)
def test_a_broken_file_is_refused(images: Splits, tmp_path: Path, change: object, message: str) -> None:
    """The error names the file, and says what to do."""
    arrays = load(responding(images).to_bytes())
    change(arrays)
    file = tmp_path / "ae-0.safetensors"
    file.write_bytes(save({name: np.ascontiguousarray(array) for name, array in arrays.items()}))
    with pytest.raises(DataError, match=message) as error:
        stored.load(file)
    assert str(file) in str(error.value)


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    """It is no safetensors file."""
    (tmp_path / "x").write_bytes(b"nothing")
    with pytest.raises(DataError, match="not a file of responses"):
        stored.load(tmp_path / "x")


def test_a_small_set_is_used_whole(images: Splits) -> None:
    """More images are asked for than there are."""
    options = OPTIONS.model_copy(update={"images": 5000})
    found = responses.respond(net("ae"), images.test, DIGITS, JUDGE, options)
    assert (found.chosen == np.arange(200)).all()
