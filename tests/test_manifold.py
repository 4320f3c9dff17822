"""Images with a known number of coordinates, and whether the analysis finds this number."""

from collections.abc import Mapping
from functools import partial

import numpy as np
import pytest
import torch

from latente.analyses import manifold
from latente.data.mnist import Images
from latente.data.splits import Splits
from latente.measures.hidden_manifold import hidden_manifold
from latente.models.network import factory
from latente.models.variants.vae import Options as Beta
from latente.project.sections import Train
from latente.results.result import Result
from tests.support import metrics

OPTIONS = manifold.Options(
    dims=(2,),
    images=2000,
    held_out=300,
    epochs=8,
    batch_size=50,
    learning_rate=0.004,
    neighbours=10,
    active=0.01,
)
HIDDEN = (64, 32)
SECTIONS = {"ae": factory.options("ae")(), "vae": Beta(beta=1.0)}


def analysed(latent_dim: int, seeds: tuple[int, ...], names: tuple[str, ...], **changes: object) -> Result:
    """The analysis with narrow models."""
    options = OPTIONS.model_copy(update=changes)
    builds = {name: partial(factory.build, name, latent_dim, HIDDEN, SECTIONS[name]) for name in names}
    schedule = {name: getattr(options, name) for name in ("epochs", "batch_size", "learning_rate")}
    return manifold.analyse(builds, seeds, Train(hidden=HIDDEN, precision="fp32", device="cpu", **schedule), options)


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
    made = hidden_manifold(images=400, dim=2, seed=0)
    net = factory.build("ae", 4, HIDDEN, SECTIONS["ae"], seed=0)
    with torch.no_grad():
        net.mean.weight *= torch.tensor([[100.0], [0], [100], [0]])
    images = Images(made.pixels, np.zeros(400, dtype=np.uint8))
    parts = Splits(*(images[part] for part in np.split(np.arange(400), [200, 250])))
    found = manifold.recover(net, parts, made.hidden, OPTIONS)
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
    assert level == {"effective_dimension", "active_units", "latent_r2", "permuted.latent_r2"}
    assert metrics(found)["vae"]["3"]["d2.effective_dimension"] == 1
    assert found.files("manifold")
