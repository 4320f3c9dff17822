"""Analyses of codes and images with known scores."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.stats import ortho_group
from sklearn.datasets import make_swiss_roll
from sklearn.metrics import silhouette_score

from latente.analyses import convergence, geometry, projection, reconstruction, separation
from latente.codes.latents import Latents
from latente.codes.prior import Prior
from latente.data import batches
from latente.data.images import Images
from latente.data.splits import Splits
from latente.models.network import factory
from latente.models.network.autoencoder import Sizes
from latente.models.network.objectives import bernoulli_distortion
from latente.models.variants.vae import Options as Beta
from latente.results import pairs
from latente.results.grid import Grid
from latente.results.measurement import Measurement
from tests.support import DIGITS, metrics, mlp

GENERATOR = np.random.default_rng(0)
SEPARATION = separation.Options(
    active=0.01, neighbours=5, permutations=9, clustered=100, labels=(1, 20, 500), draws=3, seed=0
)
GEOMETRY = geometry.Options(active=0.01, neighbours=10, images=500, other_neighbours=(5,), other_images=(100,), seed=0)


def blobs(spread: float, count: int = 300, latent: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """Ten classes around ten distant centres."""
    labels = np.arange(count, dtype=np.uint8) % 10
    centres = 100 * np.random.default_rng(1).standard_normal((10, latent))
    points = centres[labels] + spread * np.random.default_rng(2).standard_normal((count, latent))
    return points.astype(np.float32), labels


def codes(mean: np.ndarray, labels: np.ndarray, logvar: float = -np.inf) -> Latents:
    """Codes with the same training and test images."""
    double = np.concatenate([mean, mean]).astype(np.float32)
    return Latents(
        mean=double,
        logvar=np.full_like(double, logvar),
        sample=double,
        label=np.concatenate([labels, labels]).astype(np.uint8),
        part=np.repeat(np.array([0, 2], dtype=np.uint8), len(mean)),
        prior=Prior.standard(mean.shape[1]),
    )


# Separation


def score(train: np.ndarray, train_labels: np.ndarray, test: np.ndarray, labels: np.ndarray) -> separation.Separation:
    return separation.score(separation.Labelled(train, train_labels, test, labels), SEPARATION, ["kmeans"], [0])


def test_separated_blobs_score_full() -> None:
    """Ten small, distant groups have scores near the best value, and nulls near chance."""
    points, labels = blobs(spread=1.0)
    separated = score(points, labels, points, labels)
    found, silhouettes = separated.measurement.metrics, separated.silhouettes
    assert found["silhouette"] > 0.9
    assert found["silhouette"] == pytest.approx(silhouette_score(points, labels))
    assert found["silhouette"] == pytest.approx(silhouettes.mean())
    assert found["class.3.silhouette"] == pytest.approx(silhouettes[labels == 3].mean())
    assert found["knn_accuracy"] == found["linear_probe"] == 1
    assert found["probe.1"] == found["probe.20"] == found["label_efficiency"] == 1
    assert "probe.500" not in found
    assert found["kmeans_ari"] > 0.8  # a single start can miss two of ten groups
    digits = [found[f"class.{digit}.contribution"] for digit in range(10)]
    assert sum(digits) == pytest.approx(found["silhouette"])
    assert digits[3] == pytest.approx(found["class.3.silhouette"] * (labels == 3).mean())
    assert found["permuted.silhouette"] < 0
    assert found["silhouette_p"] == 1 / (SEPARATION.permutations + 1)
    shuffled = score(points, labels, points, np.random.default_rng(2).permutation(labels)).measurement.metrics
    assert shuffled["silhouette_p"] > 1 / (SEPARATION.permutations + 1)
    assert found["permuted.knn_accuracy"] < 0.3
    assert found["permuted.linear_probe"] < 0.3
    assert abs(found["permuted.kmeans_ari"]) < 0.1
    assert found["permuted.davies_bouldin"] > found["davies_bouldin"]
    assert found["permuted.calinski_harabasz"] < found["calinski_harabasz"]


def test_label_efficiency_is_the_area_under_the_curve_of_labels() -> None:
    """Trapezoids over log labels: the points are the numbers of labels, and the mean number of codes of a class."""
    points, labels = blobs(spread=150.0, count=600)
    found = score(points[:300], labels[:300], points[300:], labels[300:]).measurement
    curve = [found.metrics[name] for name in ("probe.1", "probe.20", "linear_probe")]
    area = np.trapezoid(curve, np.log([1, 20, 30])) / np.log(30)
    assert found.metrics["label_efficiency"] == pytest.approx(area)
    assert curve[0] < area < curve[2]
    assert found.replicates["label_efficiency"].shape == (20,)


def test_noise_scores_nothing() -> None:
    """Codes that are independent of the classes have scores like the null."""
    points = GENERATOR.standard_normal((500, 5)).astype(np.float32)
    labels = np.arange(500, dtype=np.uint8) % 10
    found = score(points[:250], labels[:250], points[250:], labels[250:]).measurement.metrics
    assert found["silhouette"] < 0
    assert found["knn_accuracy"] < 0.25
    assert abs(found["kmeans_ari"]) < 0.05


def test_separation_does_not_depend_on_the_scale_of_the_space() -> None:
    """Codes times two have the same silhouette and accuracies."""
    points, labels = blobs(spread=60.0)
    one = score(points, labels, points, labels).measurement.metrics
    two = score(2 * points, labels, 2 * points, labels).measurement.metrics
    for name in ("silhouette", "knn_accuracy", "linear_probe", "davies_bouldin"):
        assert one[name] == pytest.approx(two[name], rel=1e-4)


def test_separation_scores_every_model_and_the_pixels(images: Splits) -> None:
    """The result has every model with every seed, and the baseline."""
    labels = images.test.labels
    mean = np.eye(10, dtype=np.float32)[labels] + 0.1 * GENERATOR.standard_normal((len(labels), 10))
    grid = Grid({"ae": {0: codes(mean, labels), 1: codes(mean, labels)}})
    found = separation.analyse(grid, images, SEPARATION).measurements
    assert set(found) == {"ae", "pixels"}
    assert set(found["ae"]) == {"0", "1"}
    assert found["pixels"]["data"].metrics["knn_accuracy"] > 0.6
    ae = found["ae"]["0"]
    assert ae.metrics["recoded.at_mean.raw.euclidean"] == pytest.approx(ae.metrics["silhouette"])
    assert set(ae.metrics) - set(ae.replicates) == {
        "silhouette_p",
        *(name for name in ae.metrics if name.startswith("permuted.")),
    }
    for name, left_out in ae.replicates.items():
        assert left_out.shape == (20,)
        assert left_out.mean() == pytest.approx(ae.metrics[name], rel=0.05, abs=0.02), name


def test_other_choices_of_code_and_scale_are_what_they_say(images: Splits) -> None:
    """Standardising removes the effect of one noisy dimension. Whitened scores do not change with a rotation."""
    labels = images.test.labels
    noise = np.random.default_rng(5).standard_normal((len(labels), 11))
    noisy = np.hstack([np.eye(10)[labels] + 0.1 * noise[:, :10], 100 * noise[:, 10:]])
    turns = (np.eye(11), ortho_group.rvs(11, random_state=0))
    parts = [codes((noisy @ turn).astype(np.float32), labels) for turn in turns]
    found, turned = (separation.recoded(each, each).metrics for each in parts)
    assert found["at_mean.raw.euclidean"] < 0.2 < found["at_mean.standardised.euclidean"]
    assert turned["at_mean.standardised.euclidean"] < 0.2 < turned["at_mean.whitened.euclidean"]
    assert turned["at_mean.whitened.cosine"] == pytest.approx(found["at_mean.whitened.cosine"], abs=1e-3)
    assert found["at_sample.raw.cosine"] == found["unmasked.raw.cosine"] == found["at_mean.raw.cosine"]


def test_the_mask_removes_noise_that_scaling_blows_up(images: Splits) -> None:
    """Ten units hold the class, ten units hold noise of variance 1e-4. Raw codes hide the noise, scaled codes do not."""
    labels = images.test.labels
    noise = np.random.default_rng(6).standard_normal((len(labels), 20)) * np.repeat([0.1, 0.01], 10)
    mean = np.hstack([np.eye(10)[labels], np.zeros((len(labels), 10))]) + noise
    found = separation.analyse(Grid({"ae": {0: codes(mean, labels)}}), images, SEPARATION).measurements["ae"]["0"]
    for scale, changed in (("raw", False), ("standardised", True), ("whitened", True)):
        masked, unmasked = (found.metrics[f"recoded.{level}.{scale}.euclidean"] for level in ("at_mean", "unmasked"))
        assert (masked > unmasked + 0.05) == changed, scale
    assert found.metrics["recoded.at_mean.standardised.euclidean"] == pytest.approx(
        found.metrics["silhouette"], abs=0.02
    )


def test_codes_without_noise_are_compared_with_the_noise_of_the_other_model(images: Splits) -> None:
    """Two models with equal mean codes have about equal scores of their samples, and only one has a `noise_share`."""
    labels = images.test.labels
    generator = np.random.default_rng(7)
    mean = (np.eye(10)[labels] + 0.1 * generator.standard_normal((len(labels), 10))).astype(np.float32)
    point, noisy = codes(mean, labels), codes(mean, labels, logvar=np.log(0.03))
    drawn = noisy.mean + np.sqrt(0.03) * generator.standard_normal(noisy.mean.shape)
    grid = Grid({"ae": {0: point}, "vae": {0: replace(noisy, sample=drawn.astype(np.float32))}})
    found = separation.analyse(grid, images, SEPARATION).measurements
    ae, vae = (found[model]["0"].metrics for model in ("ae", "vae"))
    assert vae["noise_share"] == pytest.approx(0.3 / mean.var(0).sum(), rel=0.01)
    assert "noise_share" not in ae
    assert ae["recoded.at_mean.raw.euclidean"] == vae["recoded.at_mean.raw.euclidean"]
    assert ae["recoded.at_sample.raw.euclidean"] < ae["recoded.at_mean.raw.euclidean"] - 0.1
    assert ae["recoded.at_sample.raw.euclidean"] == pytest.approx(vae["recoded.at_sample.raw.euclidean"], abs=0.03)


# Geometry


def test_units_rates_and_effective_dimension_of_a_known_posterior() -> None:
    """Three of five dimensions carry information. The others are equal to the prior and have a rate of 0."""
    mean = np.zeros((1000, 5), dtype=np.float32)
    mean[:, :3] = GENERATOR.standard_normal((1000, 3))
    known = codes(mean, np.zeros(1000, dtype=np.uint8), logvar=0.0)
    found = geometry.measure(known, GEOMETRY)
    assert found["active_units"] == 3
    assert found["effective_dimension"] == pytest.approx(3, abs=0.05)
    assert found["variance"] == pytest.approx(3, abs=0.2)
    rates = [found[f"rate.{n}"] for n in range(1, 6)]
    assert rates == sorted(rates, reverse=True)
    assert rates[:3] == pytest.approx([0.5] * 3, abs=0.05)
    assert rates[3:] == [0, 0]
    assert "rate.1" not in geometry.measure(codes(mean, np.zeros(1000, dtype=np.uint8)), GEOMETRY)


def test_the_dimension_of_a_curved_space_is_below_that_of_its_nulls() -> None:
    """A Swiss roll has fewer dimensions than both nulls. A Gaussian has as many as its null. Both have other settings."""
    roll, labels = make_swiss_roll(600, random_state=0)[0], np.arange(600, dtype=np.uint8) % 10
    pixels = Images(GENERATOR.integers(256, size=(600, 784), dtype=np.uint8), labels, DIGITS.classes)
    spaces = {"ae": {0: codes(roll, labels)}, "vae": {0: codes(GENERATOR.standard_normal((600, 3)), labels)}}
    found = geometry.analyse(Grid(spaces), pixels, GEOMETRY).measurements
    curved, normal = found["ae"]["0"], found["vae"]["0"]
    for name in ("intrinsic_dimension", "intrinsic_dimension_mle"):
        assert curved.metrics[name] < 2.4
        assert min(curved.metrics[f"null.{null}.{name}"] for null in ("gaussian", "class_gaussian")) > 2.4
        assert normal.metrics[name] == pytest.approx(normal.metrics[f"null.gaussian.{name}"], rel=0.15)
        assert curved.metrics[f"n.100.{name}"] < 2.5
        assert curved.replicates[f"null.gaussian.{name}"].shape == (20,)
    assert curved.metrics["k.5.intrinsic_dimension_mle"] == pytest.approx(2, abs=0.3)
    assert "null.class_gaussian.n.100.intrinsic_dimension" in found["pixels"]["data"].replicates


def test_pairs_are_models_from_one_seed_and_seeds_of_one_model() -> None:
    """Two models with two seeds give two pairs between models and one pair within each. One training gives no pair."""
    values = Grid({"a": {0: 1.0, 1: 2.0}, "b": {0: 4.0, 1: 8.0}})
    found = pairs.compare(values, lambda one, other: {"difference": other - one})
    assert found == {
        "a-b": {"0": {"difference": 3}, "1": {"difference": 6}},
        "a-a": {"0-1": {"difference": 1}},
        "b-b": {"0-1": {"difference": 4}},
    }
    assert set(pairs.compare(Grid({"b": {0: 1.0}, "a": {0: 2.0}}), lambda one, other: {"x": 0.0})) == {"a-b"}
    assert pairs.compare(Grid({"a": {0: 1.0}}), lambda one, other: {}) == {}


def test_two_seeds_of_two_models_are_compared_like_two_seeds_of_one() -> None:
    """The key has the seed of the first model first. A single seed gives no pair."""
    values = Grid({"b": {0: 4.0, 1: 8.0}, "a": {0: 1.0, 1: 2.0}})
    assert pairs.of_two_seeds(values, lambda one, other: other - one) == {"a-b": {"0-1": 7, "1-0": 2}}
    assert pairs.of_two_seeds(Grid({"a": {0: 1.0}, "b": {0: 1.0}}), lambda one, other: 0) == {}
    assert pairs.of_two_seeds(Grid({"a": {0: 1.0, 1: 2.0}}), lambda one, other: 0) == {}


def test_the_spread_is_the_difference_of_pairs_without_a_common_seed() -> None:
    """Four seeds have three such differences. Values without a group of images are compared in the same way."""
    numbers = {"0-1": 1.0, "0-2": 2.0, "0-3": 3.0, "1-2": 5.0, "1-3": 8.0, "2-3": 13.0}
    within = {key: Measurement({"x": value}, {"x": np.full(20, -value)}) for key, value in numbers.items()}
    found = pairs.spread(within)
    assert {key: one.metrics["spread.x"] for key, one in found.items()} == {"0-1-2-3": 12, "0-2-1-3": 6, "0-3-1-2": 2}
    assert found["0-2-1-3"].replicates["spread.x"].tolist() == [6] * 20
    assert pairs.spread({"0-1": within["0-1"], "0-2": within["0-2"]}) == {}


def test_spaces_at_two_seeds_are_compared_with_two_seeds_of_one_model() -> None:
    """The VAE's spaces are linear images of the AE's: alike after a map, at any seeds, as alike as those of the AE."""
    base = GENERATOR.standard_normal((500, 4))
    turned = [base @ GENERATOR.standard_normal((4, 4)) for _ in range(8)]
    found = geometry.compare(Grid({"ae": dict(enumerate(turned[:4])), "vae": dict(enumerate(turned[4:]))}))
    assert len([key for key in found["ae-vae"] if "-" in key]) == 12
    assert found["ae-vae"]["2-0"].metrics["two_seeds.mapped_cka"] == pytest.approx(1)
    assert found["ae-vae"]["2-0"].metrics["two_seeds.cka"] == geometry.likeness(turned[2], turned[4]).metrics["cka"]
    assert found["ae-vae"]["2-0"].metrics["two_seeds.cka"] < 0.99
    assert found["vae-vae"]["0-1-2-3"].metrics["spread.mapped_cka"] == pytest.approx(0, abs=1e-9)
    assert set(found["ae-vae"]["2-0"].replicates) == {"two_seeds.cka", "two_seeds.mapped_cka"}


# Projection


def test_the_plane_keeps_a_plane() -> None:
    """PCA draws codes that lie in a plane without loss, and t-SNE keeps their neighbours."""
    points, labels = blobs(spread=5.0, latent=2)
    flat = np.pad(points, ((0, 0), (0, 3)))
    options = projection.Options(images=200, perplexity=20.0, neighbours=5, seed=0)
    grid = Grid({"ae": {0: codes(flat, labels), 1: codes(flat, labels)}})
    found = metrics(projection.analyse(grid, DIGITS.classes, options))["ae"]
    assert found["0"]["pca.trustworthiness"] == pytest.approx(1)
    assert found["0"]["tsne.trustworthiness"] > 0.95
    assert found["0"]["tsne.knn_accuracy"] > 0.85
    assert found["1"]["tsne.trustworthiness"] == found["0"]["tsne.trustworthiness"]
    assert projection.pca(points[:, :1]).shape == (300, 2)


def test_drawings_of_one_space_overlap_and_those_of_two_spaces_do_not() -> None:
    """A turned space has the same neighbours, in any model or seed. An unrelated space has those of chance."""
    space, other = (np.random.default_rng(n).standard_normal((300, 2)) for n in (3, 4))
    labels = np.arange(300, dtype=np.uint8) % 10
    turned = space @ ortho_group.rvs(2, random_state=0)
    grid = Grid(
        {
            "ae": {0: codes(space, labels), 1: codes(turned, labels)},
            "vae": {0: codes(turned, labels), 1: codes(other, labels)},
        }
    )
    found = projection.analyse(
        grid, DIGITS.classes, projection.Options(images=300, perplexity=20.0, neighbours=5, seed=0)
    )
    overlaps = metrics(found)
    for drawing, least in (("codes", 0.99), ("pca", 0.99), ("tsne", 0.7)):
        name = f"{drawing}.neighbour_overlap"
        assert overlaps["ae-ae"]["0-1"][name] > least
        assert overlaps["ae-vae"]["0"][name] > least
        assert overlaps["ae-vae"]["1-0"][f"two_seeds.{name}"] > least
        assert overlaps["ae-vae"]["1"][name] == pytest.approx(0, abs=0.05)
        assert overlaps["vae-vae"]["0-1"][name] == pytest.approx(0, abs=0.05)
        assert found.measurements["ae-vae"]["0"].replicates[name].shape == (20,)
    assert 0.5 < overlaps["ae"]["0"]["restarted.tsne.neighbour_overlap"] < 1
    assert "restarted.tsne.neighbour_overlap" not in overlaps["ae"]["1"]


# Reconstruction


def test_log_likelihood_grows_with_samples_and_stays_above_the_elbo(images: Splits) -> None:
    """More importance samples give a higher bound. The distortion is above the floor."""
    net = factory.build("vae", Sizes(784, 4, mlp((32, 16))), Beta(beta=1.0), seed=0)
    found = [
        metrics(
            reconstruction.analyse(
                Grid({"vae": {0: net}}), images, reconstruction.Options(importance_samples=samples, examples=4, seed=0)
            )
        )
        for samples in (1, 10, 100)
    ]
    values = [scores["vae"]["0"] for scores in found]
    assert values[0]["log_likelihood"] < values[1]["log_likelihood"] < values[2]["log_likelihood"]
    assert values[0]["elbo"] < values[2]["log_likelihood"]
    assert values[0]["elbo"] == pytest.approx(-(values[0]["distortion"] + values[0]["rate"]))
    assert values[0]["distortion"] > found[0]["floor"]["data"]["distortion"]
    by_class = np.bincount(images.test.labels) @ [values[0][f"class.{digit}.mse"] for digit in range(10)]
    assert by_class / len(images.test) == pytest.approx(values[0]["mse"])
    deepest = values[2]
    assert deepest["importance.1"] < deepest["importance.10"] < deepest["importance.100"] == deepest["log_likelihood"]
    assert deepest["rate_monte_carlo"] == pytest.approx(deepest["rate"], rel=0.05)


def test_the_floor_is_the_distortion_of_a_perfect_decoder(images: Splits) -> None:
    """A decoder that returns the grey levels themselves reaches the floor."""
    options = reconstruction.Options(importance_samples=1, examples=1, seed=0)
    net = factory.build("ae", Sizes(784, 4, mlp((32, 16))), factory.options("ae")(), seed=0)
    floor = metrics(reconstruction.analyse(Grid({"ae": {0: net}}), images, options))["floor"]["data"]["distortion"]
    x = torch.cat(list(batches.in_order(images.test))).double()
    perfect = bernoulli_distortion(torch.logit(x, eps=1e-12), x).mean()
    assert floor == pytest.approx(float(perfect), rel=1e-4)


def test_a_model_without_noise_has_no_rate(images: Splits) -> None:
    """Its rate, ELBO and likelihood are missing in the result."""
    net = factory.build("ae", Sizes(784, 4, mlp((32, 16))), factory.options("ae")(), seed=0)
    options = reconstruction.Options(importance_samples=1, examples=1, seed=0)
    found = metrics(reconstruction.analyse(Grid({"ae": {0: net}}), images, options))["ae"]["0"]
    assert not {"rate", "elbo", "log_likelihood"} & set(found)
    assert found["distortion"] == pytest.approx(found["distortion_at_mean"])


# Convergence


def test_convergence_measures_the_end_of_the_curve() -> None:
    """The metrics are the best epoch, its losses, and the gain of the last epochs."""
    curve = pd.DataFrame({"epoch": [1, 2, 3, 4], "train_loss": [9.0, 7, 5, 4], "validation_loss": [9.0, 7.5, 7, 7.25]})
    found = metrics(convergence.analyse(Grid({"ae": {0: curve}}), convergence.Options(last=2)))["ae"]["0"]
    assert found == {"best_epoch": 3, "validation_loss": 7, "train_loss": 5, "last_gain": 0.5}
