"""Variants whose loss is known: each is another model at one value of its options, and each term has known answers."""

import math
from collections.abc import Mapping

import numpy as np
import pytest
import torch
from torch import Generator

from latente.codes import encoding
from latente.data import batches
from latente.data.splits import Splits
from latente.measures.likelihood import importance_weights
from latente.models.network import factory
from latente.models.network.autoencoder import Autoencoder, Sizes
from latente.models.network.objectives import (
    gaussian_log_density,
    importance_log_likelihood,
    mixture_log_density,
    mmd,
    total_correlation,
)
from latente.models.variants.vamp import Model as Vamp
from tests.support import mlp

NETWORK = mlp((32, 16))


def build(name: str, options: Mapping[str, object]) -> Autoencoder:
    return factory.build(name, Sizes(784, 4, NETWORK), factory.options(name).model_validate(options), seed=0)


def noise(seed: int = 0) -> Generator:
    return Generator().manual_seed(seed)


@pytest.fixture
def x(images: Splits) -> torch.Tensor:
    return next(batches.in_order(images.train, size=50))


def mean_loss(net: Autoencoder, x: torch.Tensor, draws: int) -> torch.Tensor:
    """The loss of many draws of the noise, the mean over the images."""
    generator = noise()
    with torch.no_grad():
        return torch.stack([net.objective(x, generator)["loss"].mean() for _ in range(draws)])


@pytest.mark.parametrize(
    ("name", "options"),
    [("dae", {"masked": 0.0}), ("rae", {"codes": 0.0, "decoder": 0.0}), ("wae", {"distance": 0.0})],
)
def test_without_its_term_a_variant_is_the_ae(name: str, options: Mapping[str, object], x: torch.Tensor) -> None:
    """Loss and gradients are those of the AE."""
    ae, other = build("ae", {}), build(name, options)
    losses = [net.objective(x, noise())["loss"].mean() for net in (ae, other)]
    for loss in losses:
        loss.backward()
    torch.testing.assert_close(losses[1], losses[0])
    for key, weight in ae.named_parameters():
        torch.testing.assert_close(other.get_parameter(key).grad, weight.grad)


@pytest.mark.parametrize(("name", "options"), [("btcvae", {"beta": 1.0}), ("infovae", {"alpha": 0.0, "scale": 1.0})])
def test_without_its_term_a_variant_is_the_vae(name: str, options: Mapping[str, object], x: torch.Tensor) -> None:
    """The loss is that of the VAE, for the same noise."""
    losses = [net.objective(x, noise())["loss"] for net in (build("vae", {"beta": 1.0}), build(name, options))]
    torch.testing.assert_close(losses[1], losses[0])


def test_with_one_sample_the_iwae_has_the_expectation_of_the_vae(x: torch.Tensor) -> None:
    """The loss estimates the rate in place of its closed form. More samples lower it: the bound is tighter."""
    vae, one, many = build("vae", {"beta": 1.0}), build("iwae", {"samples": 1}), build("iwae", {"samples": 20})
    expected, found = mean_loss(vae, x, 100), mean_loss(one, x, 100)
    error = math.hypot(*(float(each.std()) / 10 for each in (expected, found)))
    assert abs(float(expected.mean() - found.mean())) < 4 * error
    assert mean_loss(many, x, 20).mean() < found.mean()


def test_the_iwae_minimises_its_own_bound(x: torch.Tensor) -> None:
    """With the same noise, its loss is minus the importance-sampled log-likelihood."""
    net = build("iwae", {"samples": 7})
    expected = importance_log_likelihood(importance_weights(net, x, 7, noise())[0])
    torch.testing.assert_close(net.objective(x, noise())["loss"], -expected)


def standard_vamp() -> Vamp:
    """A VampPrior of one learned image whose posterior is N(0, I)."""
    net = build("vamp", {"components": 1})
    assert isinstance(net, Vamp)
    with torch.no_grad():
        found = net.prior()
        net.mean.bias -= found.mean[0]
        net.logvar.bias -= found.logvar[0]
    return net


def test_a_vamp_prior_of_one_image_that_encodes_as_the_prior_is_the_vae(x: torch.Tensor) -> None:
    """Its rate has the expectation of the closed form of the VAE with the same weights."""
    vamp, vae = standard_vamp(), build("vae", {"beta": 1.0})
    vae.load_state_dict({key: value for key, value in vamp.state_dict().items() if key != "pseudo"})
    expected, found = mean_loss(vae, x, 100), mean_loss(vamp, x, 100)
    error = math.hypot(*(float(each.std()) / 10 for each in (expected, found)))
    assert abs(float(expected.mean() - found.mean())) < 4 * error


def test_the_prior_of_a_vamp_is_used_everywhere(images: Splits) -> None:
    """Draws and densities of stored codes, and importance weights, have the mixture of the model."""
    net = build("vamp", {"components": 3})
    with torch.no_grad():
        net.mean.weight *= 40  # so that the three Gaussians are far apart
        codes = encoding.encode(net, images, seed=0)
        z = torch.tensor(codes.prior.draw(4000, seed=0))
        own, standard = net.log_prior(z), gaussian_log_density(z, torch.zeros(1, 4), torch.zeros(1, 4))
        part = next(batches.in_order(images.test, size=5))
        log_weights, log_ratio = importance_weights(net, part, 1, noise())
        drawn = net.posterior(part).sample(noise())
    np.testing.assert_allclose(codes.prior.log_density(z.numpy()), own.numpy(), atol=1e-3)
    assert own.mean() > standard.mean() + 1
    np.testing.assert_allclose(z.mean(0), codes.prior.mean.mean(0), atol=0.1)
    posterior = net.posterior(part)
    expected = gaussian_log_density(drawn, posterior.mean, posterior.logvar) - net.log_prior(drawn)
    torch.testing.assert_close(log_ratio[0], expected)
    assert log_weights.shape == (1, 5)


def test_a_mixture_of_two_has_the_mean_of_their_densities() -> None:
    """Far from one of them, it is half the density of the other."""
    means = torch.tensor([[0.0], [100.0]])
    found = mixture_log_density(torch.tensor([[1.0]]), means, torch.zeros(2, 1))
    expected = gaussian_log_density(torch.tensor([[1.0]]), means[:1], torch.zeros(1, 1)) - math.log(2)
    torch.testing.assert_close(found, expected)


def test_the_mmd_of_equal_distributions_is_zero_and_of_shifted_ones_is_not() -> None:
    """It is unbiased, so it can be negative. It grows with the shift, towards twice the mean kernel within a sample."""
    z = torch.randn(12, 500, 4, generator=noise())
    equal = [float(mmd(a, b)) for a, b in zip(z[:6], z[6:], strict=True)]
    assert abs(np.mean(equal)) < 4 * np.std(equal) / 6**0.5 + 1e-3
    shifts = [float(mmd(z[0], z[1] + shift)) for shift in (0.5, 1.0, 3.0, 100.0)]
    assert shifts == sorted(shifts)
    assert shifts[0] > 10 * max(map(abs, equal))
    assert shifts[-1] == pytest.approx(2 * _mean_kernel(z[0]), rel=0.1)


def _mean_kernel(z: torch.Tensor) -> float:
    """The mean kernel of two different points of a sample, by hand."""
    squared = torch.cdist(z, z).square()
    kernel = sum((8 * scale) / (8 * scale + squared) for scale in (0.1, 0.2, 0.5, 1, 2, 5, 10))
    return float((kernel.sum() - kernel.trace()) / (len(z) * (len(z) - 1)))


@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.9])
def test_the_total_correlation_of_a_gaussian_is_known(correlation: float) -> None:
    """The means are a correlated Gaussian with noise; the total correlation is that of their sum."""
    covariance, variance = np.array([[1, correlation], [correlation, 1]]), 0.05
    means = np.random.default_rng(0).multivariate_normal(np.zeros(2), covariance, 3000)
    mean = torch.tensor(means, dtype=torch.float32)
    logvar = torch.full_like(mean, math.log(variance))
    z = mean + variance**0.5 * torch.randn(mean.shape, generator=noise())
    scaled = correlation / (1 + variance)
    expected = -0.5 * math.log(1 - scaled**2)
    assert float(total_correlation(z, mean, logvar).mean()) == pytest.approx(expected, abs=0.05)


def test_a_denoising_model_sees_the_stated_share(x: torch.Tensor) -> None:
    """Of a white image, the encoder of the DAE sees seven tenths; the target is the whole image."""
    seen: list[torch.Tensor] = []
    net = build("dae", {"masked": 0.3})
    net.encoder.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    white = torch.ones_like(x)
    net.objective(white, noise())
    assert float(seen[0].mean()) == pytest.approx(0.7, abs=0.01)
    net.eval()
    assert torch.equal(net.posterior(x).mean, net.mean(net.encoder(x)))


def test_the_penalty_of_the_rae_is_that_of_its_weights(x: torch.Tensor) -> None:
    """Half the squared length of a code, and the squared weights of the decoder, each with its factor."""
    net = build("rae", {"codes": 2.0, "decoder": 3.0})
    terms = net.objective(x, noise())
    weights = sum(float(weight.detach().square().sum()) for weight in net.decoder.parameters())
    expected = net.posterior(x).mean.square().sum(1) + 3 * weights
    torch.testing.assert_close(terms["penalty"], expected)
    torch.testing.assert_close(terms["loss"], terms["distortion"] + expected)


def test_the_infovae_weighs_its_terms(x: torch.Tensor) -> None:
    """(1 - alpha) times the rate, and (alpha + scale - 1) times the distance. Together they never reward a distance."""
    terms = build("infovae", {"alpha": -2.0, "scale": 10.0}).objective(x, noise())
    torch.testing.assert_close(terms["loss"], terms["distortion"] + 3 * terms["rate"] + 7 * terms["mmd"])
    with pytest.raises(ValueError, match="alpha \\+ scale must be at least 1"):
        build("infovae", {"alpha": 0.5, "scale": 0.1})
