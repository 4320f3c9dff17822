"""Images whose number of coordinates is known, and whether it is found."""

from collections.abc import Mapping
from functools import partial

import numpy as np
import pytest
import torch
from scipy.special import ndtri

from latente import dimension, models
from latente.analyses import manifold
from latente.data.mnist import Images
from latente.data.splits import Splits
from latente.models.vae import Options as Beta
from latente.params import Train
from latente.scores import summaries

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
SECTIONS = {"ae": models.options("ae")(), "vae": Beta(beta=1.0)}


def analysed(latent_dim: int, seeds: tuple[int, ...], names: tuple[str, ...], **changes: object) -> manifold.Result:
    """The analysis with narrow models."""
    options = OPTIONS.model_copy(update=changes)
    builds = {name: partial(models.build, name, latent_dim, HIDDEN, SECTIONS[name]) for name in names}
    schedule = {name: getattr(options, name) for name in ("epochs", "batch_size", "learning_rate")}
    return manifold.analyse(builds, seeds, Train(hidden=HIDDEN, precision="fp32", device="cpu", **schedule), options)


# The images


def test_the_images_have_the_rank_of_their_hidden_coordinates() -> None:
    """Bent back, they lie in a space of D dimensions, but for the rounding to 256 levels, and are linear in these."""
    made = manifold.hidden_manifold(images=300, dim=3, seed=0)
    seen = (made.pixels > 20).all(0) & (made.pixels < 235).all(0)  # where the rounding is bent back to little
    flat = ndtri(made.pixels[:, seen] / 255)
    values = np.linalg.svd(flat - flat.mean(0), compute_uv=False)
    assert values[2] > 20 * values[3]
    assert manifold.linear_r2((flat[:200], flat[200:]), (made.hidden[:200], made.hidden[200:])) > 0.99


def test_every_grey_level_is_as_frequent() -> None:
    """About a tenth of the pixels in each tenth of [0, 1], and all 256 levels are used."""
    pixels = manifold.hidden_manifold(images=1000, dim=8, seed=0).pixels
    shares = np.histogram(pixels / 255, bins=10, range=(0, 1))[0] / pixels.size
    np.testing.assert_allclose(shares, 0.1, atol=0.03)
    assert len(np.unique(pixels)) == 256


def test_a_seed_decides_the_images() -> None:
    """The same seed the same images; another seed or another dimension others."""
    one, same, seed, dim = (manifold.hidden_manifold(5, *which) for which in ((4, 0), (4, 0), (4, 1), (5, 0)))
    np.testing.assert_array_equal(one.pixels, same.pixels)
    np.testing.assert_array_equal(one.hidden, same.hidden)
    assert (one.pixels != seed.pixels).mean() > 0.9
    assert (one.pixels != dim.pixels).mean() > 0.9


@pytest.mark.parametrize("dim", [2, 4, 8])
def test_the_estimators_find_the_known_dimension(dim: int) -> None:
    """Within a fifth, from the grey levels; of independent pixels they find many more."""
    points = manifold.hidden_manifold(images=1500, dim=dim, seed=0).pixels / 255
    found = dimension.intrinsic(points, neighbours=20)
    assert found == pytest.approx(dict.fromkeys(found, dim), rel=0.2)
    noise = np.random.default_rng(0).uniform(size=points.shape)
    assert min(dimension.intrinsic(noise, neighbours=20).values()) > 40


# The models


@pytest.fixture(scope="module")
def scores() -> Mapping[str, Mapping[str, Mapping[str, float]]]:
    return analysed(4, (0,), ("ae", "vae")).scores


@pytest.mark.parametrize("model", ["ae", "vae"])
def test_a_trained_model_recovers_the_hidden_coordinates(
    scores: Mapping[str, Mapping[str, Mapping[str, float]]], model: str
) -> None:
    """Its codes are of their dimension and hold them up to a linear map; permuted coordinates they do not hold."""
    found = scores[model]["0"]
    for name in ("intrinsic_dimension", "intrinsic_dimension_mle", "effective_dimension"):
        assert found[f"d2.{name}"] == pytest.approx(2, abs=0.5)
    assert found["d2.latent_r2"] > 0.9
    assert abs(found["d2.permuted.latent_r2"]) < 0.05


def test_a_model_that_is_not_trained_recovers_less(scores: Mapping[str, Mapping[str, Mapping[str, float]]]) -> None:
    """Random weights keep the coordinates in part: what is above is learnt."""
    fresh = analysed(4, (0,), ("vae",), epochs=1, learning_rate=1e-9).scores["vae"]["0"]
    assert fresh["d2.latent_r2"] < scores["vae"]["0"]["d2.latent_r2"] - 0.1


def test_active_units_are_those_that_vary() -> None:
    """Two of four units, where the weights of the others are zero; the hidden coordinates are in these two."""
    made = manifold.hidden_manifold(images=400, dim=2, seed=0)
    net = models.build("ae", 4, HIDDEN, SECTIONS["ae"], seed=0)
    with torch.no_grad():
        net.mean.weight *= torch.tensor([[100.0], [0], [100], [0]])
    images = Images(made.pixels, np.zeros(400, dtype=np.uint8))
    parts = Splits(*(images[part] for part in np.split(np.arange(400), [200, 250])))
    found = manifold.recover(net, parts, made.hidden, OPTIONS)
    assert found["active_units"] == 2
    assert 1 < found["effective_dimension"] <= 2


def test_the_pixels_have_a_null(scores: Mapping[str, Mapping[str, Mapping[str, float]]]) -> None:
    """Images of independent pixels are of a far higher dimension than those of a manifold."""
    found = scores["pixels"]["0"]
    assert found["noise.intrinsic_dimension"] > 10 * found["d2.intrinsic_dimension"]


def test_one_unit_gives_finite_scores() -> None:
    """Codes on a line have no intrinsic dimension; the rest is there, and the figure too."""
    found = analysed(1, (3,), ("vae",), dims=(1, 2), images=200, held_out=100, epochs=1)
    level = summaries(found.scores)["vae"]["d2"]
    assert set(level) == {"effective_dimension", "active_units", "latent_r2", "permuted"}
    assert level["effective_dimension"]["mean"] == 1
    assert found.files("manifold")
