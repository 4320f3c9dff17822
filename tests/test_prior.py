"""Generation: images with known scores, and densities whose number of Gaussians is known."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from latente.analyses import prior
from latente.codes.latents import Latents
from latente.codes.prior import Prior
from latente.data import batches
from latente.data.images import Images
from latente.data.splits import Splits
from latente.measures import frechet
from latente.measures.judge.ensemble import predict
from latente.models.network import factory
from latente.models.network.autoencoder import Sizes
from latente.results import jackknife
from latente.results.grid import Grid
from latente.results.measurement import Measurements
from tests.support import mlp, untrained_judge

GENERATOR = np.random.default_rng(0)
OPTIONS = prior.Options(samples=100, components=(1, 2), fitted=400, neighbours=5, memory=20, examples=8, seed=0)
NET = factory.build("ae", Sizes(784, 4, mlp((32, 16))), factory.options("ae")(), seed=0)


def normal_codes() -> Latents:
    """Codes of one Gaussian: 300 training images and 100 validation images."""
    z = GENERATOR.standard_normal((400, 4)).astype(np.float32)
    part = np.repeat(np.array([0, 1], dtype=np.uint8), [300, 100])
    return Latents(mean=z, logvar=np.full_like(z, -np.inf), sample=z, label=part, part=part, prior=Prior.standard(4))


def scored(images: Splits, test: Images) -> Measurements:
    """The analysis of one untrained model, with another part of test images."""
    nets, codes = Grid({"ae": {0: NET}}), Grid({"ae": {0: normal_codes()}})
    return prior.analyse(nets, codes, replace(images, test=test), untrained_judge(), OPTIONS).measurements


def test_copies_of_training_images_are_found_out(images: Splits) -> None:
    """Copies have distance 0 to the training images, and are as sharp as real digits."""
    copies = images.train[np.arange(200)]
    found = scored(images, copies)["test_images"]["data"].metrics
    assert found["nearest_train"] == pytest.approx(0, abs=0.02)
    assert found["sharpness"] == pytest.approx(1, abs=0.1)
    assert scored(images, images.test)["test_images"]["data"].metrics["nearest_train"] > 1


def test_real_images_are_at_the_floor_and_the_losses_of_sharpness_add_up(images: Splits) -> None:
    """An untrained decoder is far from real images; its losses add up to the whole loss."""
    found = scored(images, images.test)
    real, model = found["test_images"]["data"].metrics, found["ae"]["0"].metrics
    assert real["fid"] < 0.5 * model["reconstructed.fid"]
    assert real["accepted"] == 1
    lost = real["sharpness"] - model["standard.sharpness"]
    assert model["sharpness_loss.decoder"] + model["sharpness_loss.sampling"] == pytest.approx(lost)
    assert model["sharpness_loss.decoder"] == pytest.approx(real["sharpness"] - model["reconstructed.sharpness"])


def test_the_chosen_mixture_and_its_curve_are_measured(images: Splits) -> None:
    """Codes of one Gaussian choose one Gaussian."""
    found = scored(images, images.test)["ae"]["0"].metrics
    assert found["mixture.components"] == 1
    assert found["mixture.curve.1.log_likelihood"] > found["mixture.curve.2.log_likelihood"]


def test_the_distance_without_a_group_leaves_it_out_on_both_sides(images: Splits) -> None:
    """The replicate is the Fréchet distance of the other generated images to the other real images."""
    judge, x = untrained_judge(), torch.rand(100, 784)
    real = batches.whole(images.test)[:100]
    kept = jackknife.assign(100) != 3
    reference = prior.reference(images, images.test[np.arange(100)], judge, OPTIONS)
    found = prior.score(x, reference, OPTIONS)
    features = [frechet.fit(predict(judge, part).features[0].numpy()[kept]) for part in (x, real)]
    assert found.replicates["fid"][3] == pytest.approx(frechet.distance(*features), rel=1e-4)
