"""The explorer in Python: its layers, its weights with eight bits, its arrays, its sentences."""

import base64
import io
import json
import re
import string
import tomllib
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.stats import multivariate_normal
from torch import nn

from latente.analyses.representation import Sample
from latente.codes.latents import Latents
from latente.codes.prior import Prior
from latente.data.images import Images
from latente.errors import LatenteError
from latente.explorer import densities, evidence, factors, judging, layers, page, pictures, quantised, units
from latente.explorer.blocks import Block
from latente.measures import density_ratio
from latente.measures.judge.ensemble import predict
from latente.models.network import factory
from latente.models.network.autoencoder import Sizes
from latente.project.sections import Network
from tests.explorers import OPTIONS
from tests.support import ROOT, mlp, untrained_judge

PAGE = ROOT / "src/latente/explorer/page"
NETWORKS = {"mlp": mlp((32, 16)), "conv": Network(name="conv", hidden=(16,), channels=(4, 8))}
GENERATOR = torch.Generator().manual_seed(0)


def test_a_rounded_weight_is_within_half_a_step() -> None:
    """The step of a row is a 127th of its largest weight."""
    weight = torch.randn(20, 50, generator=GENERATOR) * torch.logspace(-3, 3, 20)[:, None]
    numbers, scale = quantised.rows(weight)
    assert numbers.dtype == torch.int8
    assert torch.equal(scale, weight.abs().amax(1) / 127)
    assert ((numbers * scale[:, None] - weight).abs() <= 0.5001 * scale[:, None]).all()


def test_a_row_of_zeros_stays_zero() -> None:
    """Nothing is divided by zero."""
    numbers, scale = quantised.rows(torch.zeros(2, 3))
    assert not numbers.any()
    assert not scale.any()


def test_small_layers_keep_their_weights() -> None:
    """Only a large layer is rounded."""
    parts = layers.of([nn.Linear(10, 10), nn.ReLU(), nn.Linear(10, 1000)], (10, 1))
    small, relu, large = quantised.rounded(parts)
    assert torch.equal(small.weight, parts[0].weight)
    assert relu is parts[1]
    assert 0 < (large.weight - parts[2].weight).abs().max() < 0.01


@pytest.mark.parametrize("name", NETWORKS)
def test_layers_compute_what_the_network_computes(name: str) -> None:
    """Encoder and decoder as lists of layers have the outputs of torch."""
    net = factory.build("vae", Sizes(144, 3, NETWORKS[name]), factory.options("vae")(beta=1.0), seed=0).eval()
    x, z = torch.rand(5, 144, generator=GENERATOR), torch.randn(5, 3, generator=GENERATOR)
    with torch.no_grad():
        mean, logits = net.posterior(x).mean, net.decode(z)
    torch.testing.assert_close(layers.run(layers.of([net.encoder, net.mean], (144, 1)), x), mean)
    torch.testing.assert_close(layers.run(layers.of([net.decoder], (3, 1)), z), logits)


def test_the_judge_of_the_page_computes_what_the_judge_computes() -> None:
    """A batch normalisation is part of its convolution, also with trained statistics."""
    judge = untrained_judge()
    for network in judge.networks:
        for part in network.modules():
            if isinstance(part, nn.BatchNorm2d):
                part.running_mean.normal_(generator=GENERATOR)
                part.running_var.uniform_(0.5, 2, generator=GENERATOR)
                part.weight.data.uniform_(0.5, 2, generator=GENERATOR)
    x = torch.rand(200, 784, generator=GENERATOR)
    small, whole = judging.predict(judging.of(judge, x, 0.5), x), predict(judge, x)
    assert (small.confidence - whole.confidence).abs().max() < 0.02
    assert small.accepted.mean() == pytest.approx(0.5, abs=0.02)


def test_an_unknown_layer_is_named() -> None:
    """The error says which kind of layer the page cannot compute."""
    with pytest.raises(LatenteError, match="Tanh"):
        layers.of([nn.Linear(2, 2), nn.Tanh()], (2, 1))


def test_agreement_counts_rejections_of_any_class() -> None:
    """Two rejections agree whatever the class; two acceptances only with one class."""
    a = judging.Prediction(
        torch.zeros(1, 4, 64), torch.tensor([1, 2, 3, 4]), torch.zeros(4), np.array([1, 1, 0, 0], bool)
    )
    b = judging.Prediction(
        torch.zeros(1, 4, 64), torch.tensor([1, 3, 4, 4]), torch.zeros(4), np.array([1, 1, 0, 1], bool)
    )
    assert judging.agreement(a, b) == 0.5


def test_arrays_of_a_block_are_where_it_says() -> None:
    """Every array starts at a multiple of four bytes; float64 becomes float32."""
    block = Block("one")
    arrays = [np.arange(5, dtype=np.int8), np.array([1.5, -2.5]), np.arange(3, dtype=np.int16)]
    places = [block.add(array) for array in arrays]
    content = base64.b64decode(block.text())
    for array, place in zip(arrays, places, strict=True):
        assert place["at"] % 4 == 0
        assert place["block"] == "one"
        read = np.frombuffer(content, place["type"], count=array.size, offset=place["at"])
        assert read.tolist() == array.tolist()


def codes(count: int = 600, latent: int = 3) -> Latents:
    """Codes in two groups, with noise."""
    generator = np.random.default_rng(0)
    mean = generator.standard_normal((count, latent)) + np.arange(count)[:, None] % 2 * 3
    sample = mean + 0.1 * generator.standard_normal(mean.shape)
    part = np.array([0, 0, 1, 2], dtype=np.uint8)[np.arange(count) % 4]
    label = (np.arange(count) % 2).astype(np.uint8)
    arrays = [array.astype(np.float32) for array in (mean, np.full_like(mean, np.log(0.01)), sample)]
    return Latents(*arrays, label, part, Prior.standard(latent))


def log_density(mixture: densities.Mixture, z: np.ndarray) -> np.ndarray:
    """The log-density of codes, from the arrays that the page has."""
    column, row = np.tril_indices(z.shape[1])
    upper = np.zeros((len(mixture.mean), z.shape[1], z.shape[1]))
    upper[:, row, column] = mixture.triangle
    white = np.einsum("nki,kij->nkj", z[:, None] / mixture.scale - mixture.mean, upper)
    volume = np.log(np.diagonal(upper, axis1=1, axis2=2)).sum(1) - np.log(mixture.scale).sum()
    constant = mixture.logweight + volume - z.shape[1] / 2 * np.log(2 * np.pi)
    return np.logaddexp.reduce(constant - (white**2).sum(2) / 2, axis=1)


def test_the_arrays_of_holes_give_the_density_ratio() -> None:
    """The page has all that the classifier of the study uses."""
    every, z = codes(), np.random.default_rng(1).standard_normal((50, 3))
    found = densities.holes(every, OPTIONS.gap)
    train, validation = every.only("train"), every.only("validation")
    ratio = density_ratio.fit(train.sample[:400], validation.sample, train.prior, 100, 0)
    own = found.intercept + found.slope * (log_density(found.codes, z) - log_density(found.prior, z))
    assert own == pytest.approx(ratio.log(z), abs=1e-6)


def test_the_prior_of_the_page_is_that_of_the_model() -> None:
    """A mixture of Gaussians of any width, as a VampPrior has it."""
    generator = np.random.default_rng(2)
    prior = Prior(*generator.standard_normal((2, 4, 3)).astype(np.float32))
    z = generator.standard_normal((50, 3))
    assert log_density(densities.of_prior(prior), z) == pytest.approx(prior.log_density(z), abs=1e-5)


def test_the_gaussian_has_the_moments_of_the_codes() -> None:
    """Its density is that of scipy."""
    every, z = codes(), np.random.default_rng(1).standard_normal((50, 3))
    sample = every.only("train").sample.astype(np.float64)
    expected = multivariate_normal(sample.mean(0), np.cov(sample, rowvar=False)).logpdf(z)
    assert log_density(densities.drawn(every, OPTIONS.prior, 2)["gaussian"], z) == pytest.approx(expected, abs=1e-3)


def test_units_come_in_the_order_of_their_rate() -> None:
    """An unused dimension is last, and inactive; a point posterior is ordered by variance."""
    every = codes()
    every.mean[:, 1], every.logvar[:, 1] = 0, 0
    found = units.of(every, 0.1)
    assert (found.kind, found.order[-1], found.active.tolist()) == ("rate", 1, [True, False, True])
    assert found.value[1] == 0
    every.logvar[:] = -np.inf
    assert units.of(every, 0.1).kind == "variance"


def test_a_direction_changes_one_factor() -> None:
    """Codes are a linear map of two related factors, plus a place for each class: each row of the map comes back."""
    generator = np.random.default_rng(0)
    known = codes(count=20_000, latent=4)
    train = np.arange(len(known.only("train").label))
    label = known.only("train").label
    values = generator.standard_normal((len(train), 2)) @ np.array([[2.0, 1.0], [0.0, 0.5]])
    linear = np.array([[1.0, 0.0, -1.0, 0.5], [0.0, 2.0, 1.0, 0.0]])
    mean = known.mean.copy()
    mean[known.part == 0] = values @ linear + 50.0 * label[:, None]
    sample = Sample(["slant", "ink"], train, train, values + 9.0 * label[:, None], values, label, label)
    inside = values - np.array([values[label == one].mean(0) for one in (0, 1)])[label]
    found = factors.directions(replace(known, mean=mean.astype(np.float32)), sample)
    np.testing.assert_allclose(found, linear * inside.std(0)[:, None], atol=0.02)


def test_images_without_factors_have_no_directions() -> None:
    """Filled shapes can lack every factor; a factor that is constant in each class moves nothing."""
    known = codes(latent=4)
    label = known.only("train").label
    train = np.arange(len(label))
    none, constant = np.empty((len(label), 0)), 3.0 * label[:, None].astype(float)
    assert factors.directions(known, Sample([], train, train, none, none, label, label)).shape == (0, 4)
    still = factors.directions(known, Sample(["ink"], train, train, constant, constant, label, label))
    np.testing.assert_array_equal(still, np.zeros((1, 4)))


def test_the_picture_has_every_image_in_sixteen_levels() -> None:
    """The nearest level is at most half a level away."""
    pixels = np.random.default_rng(0).integers(0, 256, (10, 64)).astype(np.uint8)
    sheet = np.asarray(
        Image.open(io.BytesIO(pictures.sheet(Images(pixels, np.zeros(10, np.uint8), ("a",))))).convert("L")
    )
    tiles = sheet.reshape(3, 8, 4, 8).swapaxes(1, 2).reshape(-1, 64)[:10]
    assert np.abs(tiles.astype(int) - pixels).max() <= 8


# The sentences and the files of the page


def texts(language: str) -> dict[str, str]:
    return tomllib.loads((PAGE / f"texts/{language}.toml").read_text())


def names(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


def test_both_languages_have_the_same_sentences() -> None:
    """No sentence is missing, and each has the same values."""
    english, spanish = texts("en"), texts("es")
    assert set(english) == set(spanish)
    assert {key: names(sentence) for key, sentence in english.items()} == {
        key: names(sentence) for key, sentence in spanish.items()
    }
    assert not [key for key, sentence in {**english, **spanish}.items() if not sentence.strip()]


def test_every_sentence_is_used_and_every_used_sentence_exists() -> None:
    """Keys in the markup and in the scripts; a key can be made of two parts."""
    markup = (PAGE / "index.html").read_text()
    code = "".join((PAGE / f"scripts/{name}.js").read_text() for name in page.SCRIPTS)
    known, of_markup = set(texts("en")), set(re.findall(r'data-(?:text|label)="(\w+)"', markup))
    assert of_markup | set(re.findall(r'(?<!\w)text\("(\w+)"', code)) <= known
    parts = tuple(re.findall(r"`(\w+_)\$\{", code))
    of_data = {"rate", "variance"}
    used = of_markup | set(re.findall(r'"(\w+)"', code)) | of_data | {key for key in known if key.startswith(parts)}
    assert known - used == set()


def test_the_claims_of_the_tour_have_a_translation() -> None:
    """Sentence, verdict and number of every claim that the committed study shows, and no other name."""
    decided = json.loads((ROOT / "reports/metrics/claims.json").read_bytes())["claims"]
    tour = evidence.tour(decided)
    claims = [step["claim"] for step in tour]
    quoted = {text for claim in claims for text in (claim["sentence"], claim["verdict"], claim["number"]["name"])}
    assert {language: set(said["names"]) for language, said in page.texts(tour).items()} == {"en": set(), "es": quoted}


def test_every_script_is_joined() -> None:
    """No file of the folder is left out, and none is listed twice."""
    assert sorted(page.SCRIPTS) == sorted(file.stem for file in (PAGE / "scripts").iterdir())


def test_files_of_the_page_are_short_and_have_short_lines() -> None:
    """At most 120 characters in a line; a script has one idea."""
    files = [file for file in PAGE.rglob("*") if file.is_file()]
    assert [file.name for file in files if any(len(line) > 120 for line in file.read_text().splitlines())] == []
    assert [file.name for file in (PAGE / "scripts").iterdir() if len(file.read_text().splitlines()) > 200] == []
