"""Stitching of spaces with a known relation."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from latente.analyses import stitching
from latente.analyses.stitching import Exam, Trained
from latente.codes.latents import Latents
from latente.codes.prior import Prior
from latente.data import batches
from latente.data.splits import Splits
from latente.measures.judge.ensemble import predict
from latente.models.network import factory
from latente.models.network.autoencoder import Autoencoder, Sizes
from latente.results import jackknife
from latente.results.grid import Grid
from tests.support import metrics, mlp, untrained_judge

GENERATOR = np.random.default_rng(0)
JUDGE = untrained_judge()


def normal(count: int, latent: int = 4) -> np.ndarray:
    return (3 * GENERATOR.standard_normal((count, latent))).astype(np.float32)


def ae(seed: int = 0) -> Autoencoder:
    return factory.build("ae", Sizes(784, 4, mlp((32, 16))), factory.options("ae")(), seed=seed).requires_grad_(
        requires_grad=False
    )


def exam(of: Trained) -> Exam:
    """Test images that are equal to the output of a training's own decoder."""
    x = of.net.decode(torch.tensor(of.test)).sigmoid()
    return Exam(x, predict(JUDGE, x).label, torch.arange(20), JUDGE)


def stitch(source: Trained, target: Trained) -> dict[str, float]:
    return dict(stitching.stitch(source, target, exam(target)).metrics)


def test_a_linear_image_of_a_space_is_stitched_without_loss() -> None:
    """Rotated, stretched and shifted codes explain all variance, and decode to the same images."""
    target = Trained(ae(), normal(200), normal(50))
    turned = GENERATOR.standard_normal((4, 4))
    source = Trained(ae(1), *(((z @ turned) + 7).astype(np.float32) for z in (target.train, target.test)))
    found = stitch(source, target)
    assert found["r2"] == pytest.approx(1, abs=1e-5)
    assert found["mse"] == pytest.approx(0, abs=1e-8)
    assert found["judge_accuracy"] == 1
    own = stitching.errors(target.net.decode(torch.tensor(target.test)), exam(target)).metrics
    assert found["distortion_at_mean"] == pytest.approx(own["distortion_at_mean"])


def test_codes_of_other_images_are_not_stitched() -> None:
    """With permuted training codes, the map predicts about the mean code."""
    target = Trained(ae(), normal(1000), normal(200))
    permuted = Trained(ae(), GENERATOR.permutation(target.train), target.test)
    found = stitch(permuted, target)
    assert found["r2"] == pytest.approx(0, abs=0.05)
    mean = np.repeat(target.train.mean(0, keepdims=True), 200, axis=0)
    expected = stitching.errors(target.net.decode(torch.tensor(mean)), exam(target)).metrics
    assert found["mse"] == pytest.approx(expected["mse"], rel=0.1)
    assert found["mse"] > 1e-5


def test_the_judge_is_asked_for_the_class_of_the_test_image() -> None:
    """An image counts as wrong if the judge's class differs from the class of the original."""
    target = Trained(ae(), normal(100), normal(50))
    right = exam(target)
    wrong = Exam(right.x, (right.label + 1) % 10, right.asked, right.judge)
    logits = torch.logit(right.x)
    assert stitching.errors(logits, right).metrics["judge_accuracy"] == 1
    assert stitching.errors(logits, wrong).metrics["judge_accuracy"] == 0


def grid(models_: dict[str, list[int]], images: Splits) -> tuple[Grid[Autoencoder], Grid[Latents]]:
    """Untrained networks and random codes of the images, for models and seeds."""
    parts = (images.train, images.validation, images.test)
    label = np.concatenate([part.labels for part in parts])
    part = np.repeat(np.arange(3, dtype=np.uint8), [len(part) for part in parts])
    nets = Grid({model: {seed: ae(seed) for seed in seeds} for model, seeds in models_.items()})

    def codes() -> Latents:
        mean = normal(len(label))
        return Latents(mean, np.full_like(mean, -np.inf), mean, label, part, Prior.standard(mean.shape[1]))

    return nets, nets.map(lambda _: codes())


def test_both_directions_the_next_seed_and_the_own_decoder(images: Splits) -> None:
    """The pairs are two models in both directions, from one seed and from two, and every seed with the next seed.

    Every model has its own scores.
    """
    options = stitching.Options(images=100, seed=0)
    nets, codes = grid({"vae": [0, 1, 2], "ae": [0, 1, 2]}, images)
    found = metrics(stitching.analyse(nets, codes, images.test, JUDGE, options))
    assert set(found) == {"ae", "vae", "ae-vae", "ae-ae", "vae-vae", "test_images"}
    assert set(found["ae-vae"]) == {"0", "1", "2", "0-1", "1-2", "2-0"}
    assert set(found["ae-vae"]["0-1"]) == {f"two_seeds.{name}" for name in found["ae-vae"]["0"]}
    assert {"ae_to_vae.mse", "vae_to_ae.mse", "ae_to_vae.r2"} <= set(found["ae-vae"]["0"])
    assert found["ae-vae"]["0"]["ae_to_vae.r2"] != found["ae-vae"]["0"]["vae_to_ae.r2"]
    assert set(found["ae-ae"]) == {"0-1", "1-2", "2-0"}
    assert set(found["ae"]["0"]) == {"own.mse", "own.distortion_at_mean", "own.judge_accuracy"}
    assert set(found["test_images"]["data"]) == {"judge_accuracy"}


def test_a_lone_training_is_stitched_to_nothing(images: Splits) -> None:
    """The result has the scores of its own decoder, and no pair."""
    nets, codes = grid({"ae": [0]}, images)
    found = metrics(stitching.analyse(nets, codes, images.test, JUDGE, stitching.Options(images=100, seed=0)))
    assert set(found) == {"ae", "test_images"}


def test_two_seeds_name_the_seed_of_the_first_model_first(images: Splits) -> None:
    """The key `0-1` of `ae-vae` is the AE of seed 0 and the VAE of seed 1, in both directions."""
    options = stitching.Options(images=100, seed=0)
    nets, codes = grid({"ae": [0, 1], "vae": [0, 1]}, images)
    found = metrics(stitching.analyse(nets, codes, images.test, JUDGE, options))["ae-vae"]["0-1"]
    ae_, vae = (
        Trained(nets[model][seed], codes[model][seed].only("train").mean, codes[model][seed].only("test").mean)
        for model, seed in (("ae", 0), ("vae", 1))
    )
    asked = stitching.Exam(batches.whole(images.test), torch.tensor(images.test.labels).long(), torch.arange(20), JUDGE)
    for name, source, target in (("ae_to_vae", ae_, vae), ("vae_to_ae", vae, ae_)):
        expected = stitching.stitch(source, target, asked).metrics
        assert found[f"two_seeds.{name}.mse"] == pytest.approx(expected["mse"])
        assert found[f"two_seeds.{name}.r2"] == pytest.approx(expected["r2"])


def test_every_number_has_replicates_over_images(images: Splits) -> None:
    """The value without a group of images is the value of the other images."""
    target, source = Trained(ae(), normal(400), normal(200)), Trained(ae(1), normal(400), normal(200))
    x = batches.whole(images.test)
    asked = torch.arange(0, 200, 2)
    every = Exam(x, torch.tensor(images.test.labels).long(), asked, JUDGE)
    found = stitching.stitch(source, target, every)
    assert set(found.replicates) == set(found.metrics) == {"r2", "mse", "distortion_at_mean", "judge_accuracy"}
    kept = jackknife.assign(200) != 3
    fewer = Exam(x[kept], every.label[kept], torch.arange(int(kept.sum())), JUDGE)
    rest = stitching.stitch(replace(source, test=source.test[kept]), replace(target, test=target.test[kept]), fewer)
    for name in ("r2", "mse", "distortion_at_mean"):
        assert found.replicates[name][3] == pytest.approx(rest.metrics[name], rel=1e-5)
    few = Exam(x, every.label, asked[jackknife.assign(100) != 3], JUDGE)
    assert found.replicates["judge_accuracy"][3] == stitching.stitch(source, target, few).metrics["judge_accuracy"]
