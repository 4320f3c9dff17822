"""Analyses on codes and images whose score is known."""

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.stats import ortho_group
from sklearn.decomposition import PCA
from sklearn.metrics import silhouette_score

from latente import dimension, models, pairs, silhouette
from latente.analyses import centroids, convergence, geometry, prior, projection, reconstruction, separation
from latente.data import batches
from latente.data.mnist import Images
from latente.data.splits import Splits
from latente.densities import densities
from latente.judge import Classifier
from latente.latents import Latents
from latente.models.vae import Options as Beta
from latente.objectives import bernoulli_distortion

GENERATOR = np.random.default_rng(0)
SEPARATION = separation.Options(neighbours=5, permutations=9, seed=0)
GEOMETRY = geometry.Options(active=0.01, neighbours=10, images=500, seed=0)


def blobs(spread: float, count: int = 300, latent: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """Ten classes around ten distant centres."""
    labels = np.arange(count, dtype=np.uint8) % 10
    centres = 100 * np.random.default_rng(1).standard_normal((10, latent))
    points = centres[labels] + spread * np.random.default_rng(2).standard_normal((count, latent))
    return points.astype(np.float32), labels


def codes(mean: np.ndarray, labels: np.ndarray, logvar: float = -np.inf) -> Latents:
    """Codes of as many train as test images."""
    double = np.concatenate([mean, mean]).astype(np.float32)
    return Latents(
        mean=double,
        logvar=np.full_like(double, logvar),
        sample=double,
        label=np.concatenate([labels, labels]).astype(np.uint8),
        part=np.repeat(np.array([0, 2], dtype=np.uint8), len(mean)),
    )


# Separation


def test_separated_blobs_score_full() -> None:
    """Ten tight, distant groups: every score near its best, every null near chance."""
    points, labels = blobs(spread=1.0)
    scored = separation.score(points, labels, points, labels, SEPARATION)
    found, silhouettes = scored.metrics, scored.silhouettes
    assert found["silhouette"] > 0.9
    assert found["silhouette"] == pytest.approx(silhouette_score(points, labels))
    assert found["silhouette"] == pytest.approx(silhouettes.mean())
    assert found["class.3.silhouette"] == pytest.approx(silhouettes[labels == 3].mean())
    assert found["knn_accuracy"] == found["linear_probe"] == 1
    assert found["kmeans_ari"] == found["kmeans_nmi"] == pytest.approx(1)
    assert found["permuted.silhouette"] < 0
    assert found["silhouette_p"] == 1 / (SEPARATION.permutations + 1)
    shuffled = separation.score(
        points, labels, points, np.random.default_rng(2).permutation(labels), SEPARATION
    ).metrics
    assert shuffled["silhouette_p"] > 1 / (SEPARATION.permutations + 1)
    assert found["permuted.knn_accuracy"] < 0.3
    assert found["permuted.linear_probe"] < 0.3
    assert abs(found["permuted.kmeans_ari"]) < 0.1
    assert found["permuted.davies_bouldin"] > found["davies_bouldin"]
    assert found["permuted.calinski_harabasz"] < found["calinski_harabasz"]


def test_noise_scores_nothing() -> None:
    """Codes that know nothing of the classes score like the null."""
    points = GENERATOR.standard_normal((500, 5)).astype(np.float32)
    labels = np.arange(500, dtype=np.uint8) % 10
    found = separation.score(points[:250], labels[:250], points[250:], labels[250:], SEPARATION).metrics
    assert found["silhouette"] < 0
    assert found["knn_accuracy"] < 0.25
    assert abs(found["kmeans_ari"]) < 0.05


def test_separation_does_not_depend_on_the_scale_of_the_space() -> None:
    """Twice the codes, the same silhouette and accuracies."""
    points, labels = blobs(spread=60.0)
    one = separation.score(points, labels, points, labels, SEPARATION).metrics
    two = separation.score(2 * points, labels, 2 * points, labels, SEPARATION).metrics
    for name in ("silhouette", "knn_accuracy", "linear_probe", "davies_bouldin"):
        assert one[name] == pytest.approx(two[name], rel=1e-4)


def test_permuted_labellings_share_their_distances(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each has the silhouette of its own permutation, however many are scored at a time; the seed decides which."""
    monkeypatch.setattr(silhouette, "_LABELLINGS", 3)
    made = np.random.default_rng(3)
    points, labels = made.standard_normal((300, 4)), made.integers(5, size=300).astype(np.uint8)
    found = silhouette.permuted(points, labels, 7, seed=1)
    generator = np.random.default_rng(1)
    expected = [silhouette_score(points, generator.permutation(labels)) for _ in range(7)]
    assert found == pytest.approx(expected, abs=1e-6)
    assert len(set(found)) == 7


def test_separation_scores_every_model_and_the_pixels(images: Splits) -> None:
    """A subject a model, a seed each, and the baseline."""
    labels = images.test.labels
    mean = np.eye(10, dtype=np.float32)[labels] + 0.1 * GENERATOR.standard_normal((len(labels), 10))
    found = separation.analyse({"ae": {0: codes(mean, labels), 1: codes(mean, labels)}}, images, SEPARATION)
    assert set(found.scores) == {"ae", "pixels"}
    assert set(found.scores["ae"]) == {"0", "1"}
    assert found.scores["pixels"]["data"]["knn_accuracy"] > 0.6
    ae = found.scores["ae"]["0"]
    assert ae["recoded.at_mean.raw.euclidean"] == pytest.approx(ae["silhouette"])
    for name, left_out in found.replicates["ae"]["0"].items():
        assert left_out.shape == (20,)
        assert left_out.mean() == pytest.approx(ae[name], rel=0.05), name


def test_other_choices_of_code_and_scale_are_what_they_say(images: Splits) -> None:
    """A dimension of noise drowns the classes until the scale is taken out; a rotation changes no whitened score."""
    labels = images.test.labels
    noise = np.random.default_rng(5).standard_normal((len(labels), 11))
    noisy = np.hstack([np.eye(10)[labels] + 0.1 * noise[:, :10], 100 * noise[:, 10:]])
    turns = (np.eye(11), ortho_group.rvs(11, random_state=0))
    parts = [codes((noisy @ turn).astype(np.float32), labels) for turn in turns]
    found, turned = (separation.recoded(each.only("train"), each.only("test")) for each in parts)
    assert found["at_mean.raw.euclidean"] < 0.2 < found["at_mean.standardised.euclidean"]
    assert turned["at_mean.standardised.euclidean"] < 0.2 < turned["at_mean.whitened.euclidean"]
    assert turned["at_mean.whitened.cosine"] == pytest.approx(found["at_mean.whitened.cosine"], abs=1e-3)
    assert found["at_sample.raw.cosine"] == found["at_mean.raw.cosine"]


# Geometry


def test_a_space_and_its_rotation_are_alike() -> None:
    """CKA and Procrustes ignore rotation, shift and scale; noise is unlike."""
    a = GENERATOR.standard_normal((500, 6)) * np.arange(1, 7)
    rotated = 3 * a @ ortho_group.rvs(6, random_state=0) + 5
    assert geometry.likeness(a, rotated) == pytest.approx({"cka": 1, "mapped_cka": 1, "procrustes": 0}, abs=1e-9)
    sheared = a @ np.random.default_rng(5).standard_normal((6, 6))
    assert geometry.linear_cka(a, sheared) < 0.95 < geometry.mapped_cka(a, sheared)
    other = GENERATOR.standard_normal((500, 6))
    assert geometry.linear_cka(a, other) < 0.1
    assert geometry.mapped_cka(a, other) < geometry.mapped_cka(a, sheared)
    assert geometry.procrustes_distance(a, other) > 0.8


def test_intrinsic_dimension_is_that_of_the_sheet() -> None:
    """Two coordinates bent into ten dimensions count as about two, ten free ones as more."""
    flat = GENERATOR.uniform(size=(1000, 2))
    bent = np.tanh(flat @ GENERATOR.standard_normal((2, 10)))
    sheet = dimension.intrinsic(bent, neighbours=10)
    assert sheet["intrinsic_dimension"] == pytest.approx(2, abs=0.3)
    assert sheet["intrinsic_dimension_mle"] == pytest.approx(2, abs=0.3)
    assert dimension.intrinsic(GENERATOR.standard_normal((1000, 10)), neighbours=10)["intrinsic_dimension"] > 6
    assert dimension.intrinsic(flat[:, :1], neighbours=10) == {}


def test_units_rates_and_effective_dimension_of_a_known_posterior() -> None:
    """Three of five dimensions carry the code; the others are the prior and cost no rate."""
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


def test_pairs_are_models_from_one_seed_and_seeds_of_one_model() -> None:
    """Two models, two seeds: two pairs between, one within each; a lone training has none."""
    made = {"a": {0: 1.0, 1: 2.0}, "b": {0: 4.0, 1: 8.0}}
    found = pairs.compare(made, lambda one, other: {"difference": other - one})
    assert found == {
        "a~b": {"0": {"difference": 3}, "1": {"difference": 6}},
        "a~a": {"0~1": {"difference": 1}},
        "b~b": {"0~1": {"difference": 4}},
    }
    assert set(pairs.compare({"b": {0: 1.0}, "a": {0: 2.0}}, lambda one, other: {"x": 0.0})) == {"a~b"}
    assert pairs.compare({"a": {0: 1.0}}, lambda one, other: {}) == {}


# Projection


def test_the_plane_keeps_a_plane() -> None:
    """Codes that lie in a plane are drawn without loss by PCA; t-SNE keeps neighbours."""
    points, labels = blobs(spread=5.0, latent=2)
    flat = np.pad(points, ((0, 0), (0, 3)))
    options = projection.Options(images=200, perplexity=20.0, neighbours=5, seed=0)
    found = projection.analyse({"ae": {0: codes(flat, labels), 1: codes(flat, labels)}}, options).scores["ae"]
    assert found["0"]["pca.trustworthiness"] == pytest.approx(1)
    assert found["0"]["tsne.trustworthiness"] > 0.95
    assert found["0"]["tsne.knn_accuracy"] > 0.85
    assert found["1"]["tsne.trustworthiness"] == found["0"]["tsne.trustworthiness"]
    assert projection.pca(points[:, :1]).shape == (300, 2)


# Reconstruction


def test_log_likelihood_grows_with_samples_and_stays_above_the_elbo(images: Splits) -> None:
    """More importance samples, a tighter bound; distortion is never below the floor."""
    net = models.build("vae", 4, (32, 16), Beta(beta=1.0), seed=0)
    found = [
        reconstruction.analyse(
            {"vae": {0: net}}, images, reconstruction.Options(importance_samples=samples, examples=4, seed=0)
        ).scores
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


def test_the_components_are_those_of_pca(images: Splits) -> None:
    """The error of scikit-learn's PCA of as many components."""
    train, x = (part.pixels.astype(np.float32) / 255 for part in (images.train, images.test))
    fitted = PCA(7, svd_solver="full").fit(train)
    expected = np.square(x - fitted.inverse_transform(fitted.transform(x))).mean(1)
    np.testing.assert_allclose(reconstruction.pca_errors(train, x, 7), expected, rtol=1e-3)


def test_the_floor_is_the_distortion_of_a_perfect_decoder(images: Splits) -> None:
    """A decoder that returns the grey levels themselves reaches it."""
    options = reconstruction.Options(importance_samples=1, examples=1, seed=0)
    net = models.build("ae", 4, (32, 16), models.options("ae")(), seed=0)
    floor = reconstruction.analyse({"ae": {0: net}}, images, options).scores["floor"]["data"]["distortion"]
    x = torch.cat(list(batches.in_order(images.test))).double()
    perfect = bernoulli_distortion(torch.logit(x, eps=1e-12), x).mean()
    assert floor == pytest.approx(float(perfect), rel=1e-4)


def test_a_model_without_noise_has_no_rate(images: Splits) -> None:
    """Its ELBO and likelihood are left out, not invented."""
    net = models.build("ae", 4, (32, 16), models.options("ae")(), seed=0)
    options = reconstruction.Options(importance_samples=1, examples=1, seed=0)
    found = reconstruction.analyse({"ae": {0: net}}, images, options).scores["ae"]["0"]
    assert not {"rate", "elbo", "log_likelihood"} & set(found)
    assert found["distortion"] == pytest.approx(found["distortion_at_mean"])


# Centroids and samples


def test_likeness_of_images_known() -> None:
    """The same images are alike; their negatives are anti-correlated."""
    x = GENERATOR.uniform(size=(10, 784)).astype(np.float32)
    assert centroids.likeness(x, x) == pytest.approx({"correlation": 1, "mse": 0})
    assert centroids.likeness(x, 1 - x)["correlation"] == pytest.approx(-1)
    other, mean = np.random.default_rng(5).uniform(size=(2, 10, 784)).astype(np.float32)
    assert centroids.likeness(x + 5 * mean, other + 5 * mean)["correlation"] > 0.9
    assert abs(centroids.residual_correlation(x + 5 * mean, other + 5 * mean, mean)) < 0.1
    assert centroids.residual_correlation(x + mean, x - mean, mean) == pytest.approx(1)


def test_real_digits_are_as_sharp_as_real_digits(images: Splits) -> None:
    """Blur lowers the sharpness; a constant image has none."""
    x = torch.cat(list(batches.in_order(images.test)))
    blurred = torch.nn.functional.avg_pool2d(x.reshape(-1, 1, 28, 28), 5, stride=1, padding=2).reshape(-1, 784)
    assert prior.sharpness(blurred).mean() < 0.7 * prior.sharpness(x).mean()
    assert not prior.sharpness(torch.full((3, 784), 0.5)).any()


def test_copies_of_training_images_are_found_out(images: Splits) -> None:
    """They are at distance zero of the training images, and score like real digits."""
    net = models.build("ae", 4, (32, 16), models.options("ae")(), seed=0)
    options = prior.Options(samples=200, components=2, accept=0.5, neighbours=5, memory=20, examples=8, seed=0)
    train, test = images.train, images.test
    known = codes(GENERATOR.standard_normal((len(train), 4)), train.labels)
    copied = Splits(train=train, validation=images.validation, test=Images(train.pixels[:200], train.labels[:200]))
    found = prior.analyse({"ae": {0: net}}, {"ae": {0: known}}, copied, Classifier().eval(), options)
    assert found.scores["test_images"]["data"]["nearest_train"] == pytest.approx(0, abs=0.02)
    assert found.scores["test_images"]["data"]["sharpness"] == pytest.approx(1)
    fresh = prior.analyse({"ae": {0: net}}, {"ae": {0: known}}, images, Classifier().eval(), options)
    assert fresh.scores["test_images"]["data"]["nearest_train"] > 1
    assert test.labels.shape == (200,)


def test_fitted_densities_have_the_moments_of_the_codes() -> None:
    """The prior ignores the codes, the Gaussian matches mean and covariance, the mixture finds two clusters."""
    two = np.concatenate([GENERATOR.normal(-5, 0.1, (500, 2)), GENERATOR.normal(5, 0.1, (500, 2))]).astype(np.float32)
    drawn = {name: draw(two, 4000, 0) for name, draw in densities(components=2).items()}
    assert abs(drawn["standard"].std() - 1) < 0.05
    np.testing.assert_allclose(np.cov(drawn["gaussian"].T), np.cov(two.T), rtol=0.1)
    assert (np.abs(np.abs(drawn["mixture"]) - 5) < 1).all()
    assert abs((drawn["mixture"][:2000] > 0).mean() - 0.5) < 0.1, "in random order, not cluster by cluster"
    again = densities(components=2)["mixture"](two, 4000, 0)
    np.testing.assert_array_equal(drawn["mixture"], again)


# Convergence


def test_convergence_measures_the_end_of_the_curve() -> None:
    """The best epoch, its losses, and how much the last epochs gained."""
    curve = pd.DataFrame({"epoch": [1, 2, 3, 4], "train_loss": [9.0, 7, 5, 4], "validation_loss": [9.0, 7.5, 7, 7.25]})
    found = convergence.analyse({"ae": {0: curve}}, convergence.Options(last=2)).scores["ae"]["0"]
    assert found == {"best_epoch": 3, "validation_loss": 7, "train_loss": 5, "last_gain": 0.5}
