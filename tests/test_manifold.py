"""Images with a known number of coordinates, and whether the analysis finds this number."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch

from latente.analyses import manifold
from latente.codes.encoding import encode
from latente.data.images import Images
from latente.data.splits import Splits
from latente.measures.hidden_manifold import HiddenManifold, hidden_manifold
from latente.models.network import factory
from latente.models.network.autoencoder import Sizes
from latente.models.variants.vae import Options as Beta
from latente.project.sections import Train
from latente.results.result import Result
from tests.support import metrics, mlp

OPTIONS = manifold.Options(
    dims=(2,),
    images=2000,
    held_out=300,
    seeds=2,
    epochs=8,
    batch_size=50,
    learning_rate=0.004,
    samples=200,
    neighbours=10,
    active=0.01,
)
NETWORK = mlp((64, 32))
SECTIONS = {"ae": factory.options("ae")(), "vae": Beta(beta=1.0)}


def analysed(latent_dim: int, seeds: tuple[int, ...], names: tuple[str, ...], **changes: object) -> Result:
    """The analysis with narrow models."""
    options = OPTIONS.model_copy(update=changes)
    builds = {name: partial(factory.build, name, Sizes(784, latent_dim, NETWORK), SECTIONS[name]) for name in names}
    schedule = {name: getattr(options, name) for name in ("epochs", "batch_size", "learning_rate")}
    train = Train(precision="fp32", device="cpu", **schedule)
    return manifold.analyse(builds, seeds, latent_dim, train, options)


@pytest.fixture(scope="module")
def scores() -> Mapping[str, Mapping[str, Mapping[str, float]]]:
    return metrics(analysed(4, (0,), ("ae", "vae")))


@pytest.mark.parametrize("model", ["ae", "vae"])
def test_a_trained_model_recovers_the_hidden_coordinates(
    scores: Mapping[str, Mapping[str, Mapping[str, float]]], model: str
) -> None:
    """The codes have the known dimension. A linear map recovers the coordinates, but not permuted coordinates."""
    found = scores[model]["0"]
    for name in ("intrinsic_dimension", "intrinsic_dimension_mle", "effective_dimension"):
        assert found[f"d2.{name}"] == pytest.approx(2, abs=0.5)
    assert found["d2.latent_r2"] > 0.9
    assert abs(found["d2.permuted.latent_r2"]) < 0.05


def test_a_model_that_is_not_trained_recovers_less(scores: Mapping[str, Mapping[str, Mapping[str, float]]]) -> None:
    """Random weights keep a part of the coordinates. Training adds the rest."""
    fresh = metrics(analysed(4, (0,), ("vae",), epochs=1, learning_rate=1e-9))["vae"]["0"]
    assert fresh["d2.latent_r2"] < scores["vae"]["0"]["d2.latent_r2"] - 0.1


def test_active_units_are_those_that_vary() -> None:
    """Two of four units have weights of zero. The other two are active and contain the hidden coordinates."""
    made = hidden_manifold(images=400, dim=2, seed=0, pixels=784)
    net = factory.build("ae", Sizes(784, 4, NETWORK), SECTIONS["ae"], seed=0)
    with torch.no_grad():
        net.mean.weight *= torch.tensor([[100.0], [0], [100], [0]])
    found = manifold.recover(encode(net, split(made), seed=0), made.hidden, OPTIONS).metrics
    assert found["active_units"] == 2
    assert 1 < found["effective_dimension"] <= 2


def test_the_pixels_have_a_null(scores: Mapping[str, Mapping[str, Mapping[str, float]]]) -> None:
    """Images of independent pixels have a much higher dimension than images on a manifold."""
    found = scores["pixels"]["0"]
    assert found["noise.intrinsic_dimension"] > 10 * found["d2.intrinsic_dimension"]


def test_one_unit_gives_finite_scores() -> None:
    """Codes on a line have no intrinsic dimension. The other metrics and the figure exist."""
    found = analysed(1, (3,), ("vae",), dims=(1, 2), images=200, held_out=100, epochs=1)
    level = {name.removeprefix("d2.") for name in metrics(found)["vae"]["3"] if name.startswith("d2.")}
    measured = {"effective_dimension", "active_units", "latent_r2", "permuted.latent_r2", "ratio_correlation"}
    assert {name for name in level if not name.startswith("generation.")} == measured
    assert metrics(found)["vae"]["3"]["d2.effective_dimension"] == 1
    assert found.files("manifold")


def test_a_decoder_that_is_the_generator_stays_on_the_manifold() -> None:
    """Codes are the hidden coordinates. Every kind of image is on the manifold, where the images of training are."""
    found = generated(lambda made, z: z.double() @ torch.tensor(made.maps))
    for kind in ("reconstructed", "standard", "gaussian"):
        assert found[f"generation.{kind}.distance"] < 1e-5
        assert found[f"generation.{kind}.spread"] == pytest.approx(1, abs=0.2)
        assert found[f"generation.{kind}.outside"] < 0.03
        assert found[f"generation.{kind}.energy"] < 0.02


def test_a_decoder_that_returns_noise_leaves_the_manifold() -> None:
    """Every image is as far from the manifold as the noise of its pixels, and its nearest point is at the centre."""
    generator = np.random.default_rng(0)
    found = generated(lambda _, z: torch.tensor(generator.standard_normal((len(z), 784))))
    for kind in ("reconstructed", "standard", "gaussian"):
        assert found[f"generation.{kind}.distance"] == pytest.approx(1 / 12**0.5, rel=0.05)
        assert found[f"generation.{kind}.spread"] < 0.1
        assert found[f"generation.{kind}.energy"] > 0.1


def test_a_decoder_that_is_wrong_where_codes_are_rare_has_a_negative_correlation() -> None:
    """The codes have half the scale of the prior. An error that grows with the code is larger where codes are rare."""
    error = torch.tensor(np.random.default_rng(0).standard_normal(784))

    def decoded(made: HiddenManifold, z: torch.Tensor) -> torch.Tensor:
        return 2 * z.double() @ torch.tensor(made.maps) + 0.3 * z.double().square().sum(1, keepdim=True) * error

    found = generated(decoded, scale=0.5)
    assert found["ratio_correlation"] < -0.8
    assert found["generation.standard.distance"] > 2 * found["generation.gaussian.distance"]


def test_a_decoder_that_stretches_the_prior_goes_outside_along_the_manifold() -> None:
    """The codes have half the scale of the prior, so its samples are twice as far out. No image leaves the manifold."""
    found = generated(lambda made, z: 2 * z.double() @ torch.tensor(made.maps), scale=0.5)
    assert found["generation.standard.distance"] < 1e-5
    assert found["generation.standard.spread"] == pytest.approx(4, rel=0.2)
    assert found["generation.standard.outside"] > 0.2
    assert found["generation.standard.energy"] > 0.04


def test_a_collapsed_model_has_no_correlation() -> None:
    """If all codes have one image, all distances are equal. The other metrics exist."""
    found = generated(lambda _, z: torch.zeros((len(z), 784), dtype=torch.float64), scale=0)
    assert "ratio_correlation" not in found
    assert found["generation.standard.spread"] == pytest.approx(0, abs=1e-9)


def test_some_seeds_train_models() -> None:
    """Pixels are measured for every seed. Models are trained for the first ones."""
    found = metrics(analysed(3, (5, 1, 2), ("ae",), images=100, held_out=100, epochs=1))
    assert list(found["pixels"]) == ["5", "1", "2"]
    assert list(found["ae"]) == ["5", "1"]


def test_images_that_no_model_made_have_known_distances(
    scores: Mapping[str, Mapping[str, Mapping[str, float]]],
) -> None:
    """Held-out images are only rounded. Noise has its own deviation. Images with the same covariance are between."""
    found = {
        kind: scores["pixels"]["0"][f"d2.generation.{kind}.distance"] for kind in ("held_out", "gaussian", "noise")
    }
    assert found["held_out"] == pytest.approx(1 / 255 / 12**0.5, rel=0.1)
    assert found["noise"] == pytest.approx(1 / 12**0.5, rel=0.02)
    assert 10 * found["held_out"] < found["gaussian"] < found["noise"] / 2
    assert scores["ae"]["0"]["d2.generation.reconstructed.distance"] < found["gaussian"]


def split(made: HiddenManifold) -> Splits:
    """All images but 50 in equal parts: for training and held out."""
    images, half = (
        Images(made.pixels, np.zeros(len(made.pixels), dtype=np.uint8), ("one",)),
        (len(made.pixels) - 50) // 2,
    )
    return Splits(*(images[part] for part in np.split(np.arange(len(images)), [half, half + 50, len(images)])))


def generated(
    decode: Callable[[HiddenManifold, torch.Tensor], torch.Tensor], scale: float = 1.0
) -> Mapping[str, float]:
    """Metrics of a decoder (a function to arguments of the normal distribution) for scaled hidden coordinates."""
    made = hidden_manifold(images=1050, dim=3, seed=0, pixels=784)
    net = factory.build("ae", Sizes(784, 3, NETWORK), SECTIONS["ae"], seed=0)
    net.decoder = Decoder(lambda z: decode(made, z))
    codes = encode(net, split(made), seed=0)
    hidden = (scale * made.hidden).astype(np.float32)
    codes = replace(codes, mean=hidden, sample=hidden)
    return manifold.generate(net, codes, made, OPTIONS, seed=1).metrics


class Decoder(torch.nn.Sequential):
    """A decoder whose pixels are the normal distribution function of a function of the code."""

    def __init__(self, arguments: Callable[[torch.Tensor], torch.Tensor]) -> None:
        super().__init__()
        self._arguments = arguments

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        """The logits of the pixels."""
        argument = self._arguments(z)
        logits: torch.Tensor = torch.special.log_ndtr(argument) - torch.special.log_ndtr(-argument)
        return logits
