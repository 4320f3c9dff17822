"""Loss terms, likelihoods and gradients of models whose answers are known.

The first model is linear with Gaussian pixels: probabilistic PCA, whose likelihood, ELBO and rate have closed forms.
The second model is the project's own VAE with one latent dimension, where an integral over the code gives log p(x).
"""

import copy
import math

import numpy as np
import pytest
import torch
from torch import Generator, Tensor

from latente.data import batches
from latente.data.splits import Splits
from latente.measures.likelihood import importance_weights, log_likelihood
from latente.models.network import factory
from latente.models.network.autoencoder import Autoencoder, Posterior, Sizes
from latente.models.network.objectives import (
    bernoulli_distortion,
    gaussian_kl,
    gaussian_log_density,
    importance_log_likelihood,
)
from latente.models.training.fit import fit
from latente.models.variants.vae import Options
from latente.project.sections import Train
from tests.support import mlp

PIXELS, LATENT, IMAGES = 8, 3, 60


# The linear VAE: probabilistic PCA (Tipping & Bishop 1999; Lucas et al. 2019, https://arxiv.org/abs/1911.02469)


class Linear:
    """The linear model with the highest likelihood on some points, in closed form.

    The decoder is x = W z + noise of variance `noise`. `W` holds the first eigenvectors of the covariance, each with
    the length sqrt(eigenvalue - noise). `noise` is the mean of the other eigenvalues.
    """

    def __init__(self) -> None:
        generator = np.random.default_rng(0)
        points = generator.standard_normal((IMAGES, PIXELS)) @ np.diag(np.linspace(3, 0.5, PIXELS))
        points -= points.mean(0)
        values, vectors = np.linalg.eigh(points.T @ points / IMAGES)
        self.values = torch.tensor(values[::-1].copy())
        self.x, self.noise = torch.tensor(points), float(self.values[LATENT:].mean())
        lengths = (self.values[:LATENT] - self.noise).sqrt()
        self.decoder = torch.tensor(vectors[:, ::-1].copy())[:, :LATENT] * lengths
        covariance = self.decoder @ self.decoder.T + self.noise * torch.eye(PIXELS, dtype=torch.float64)
        density = torch.distributions.MultivariateNormal(torch.zeros(PIXELS, dtype=torch.float64), covariance)
        self.log_likelihood: Tensor = density.log_prob(self.x)

    def posterior(self) -> Posterior:
        """The true posterior of the code of each image; it is diagonal for this decoder."""
        variance = self.noise / self.values[:LATENT]
        return Posterior(self.x @ self.decoder / self.values[:LATENT], variance.log().expand(IMAGES, LATENT))

    def log_weights(self, q: Posterior, samples: int) -> Tensor:
        """The log-weights of samples of any posterior."""
        generator = Generator().manual_seed(0)
        z = torch.stack([q.sample(generator) for _ in range(samples)])
        zeros = torch.zeros_like(q.mean)
        return (
            log_density(self.x, z @ self.decoder.T, self.noise)
            + gaussian_log_density(z, zeros, zeros)
            - gaussian_log_density(z, q.mean, q.logvar)
        )


def log_density(x: Tensor, mean: Tensor, variance: float | Tensor) -> Tensor:
    """The Gaussian log-density of images with one variance for all pixels."""
    logvar = torch.as_tensor(variance, dtype=mean.dtype).log().expand(mean.shape)
    return gaussian_log_density(x.expand(mean.shape), mean, logvar)


def elbo(x: Tensor, q: Posterior, decoder: Tensor, variance: float | Tensor) -> Tensor:
    """The ELBO of a linear decoder: the expected log-density has a closed form, and the rate is the project's."""
    spread = (q.logvar.exp() * decoder.square().sum(0)).sum(-1)
    return (
        log_density(x, q.mean @ decoder.T, variance) - 0.5 * spread / variance - gaussian_kl(q.mean, q.logvar).sum(-1)
    )


LINEAR = Linear()


def test_the_likelihood_of_the_linear_model_follows_from_the_eigenvalues() -> None:
    """The reference is right: it has the mean log-likelihood of Tipping & Bishop, equation 8."""
    logs = LINEAR.values[:LATENT].log().sum() + (PIXELS - LATENT) * math.log(LINEAR.noise)
    expected = -0.5 * (PIXELS * math.log(2 * math.pi) + float(logs) + PIXELS)
    assert float(LINEAR.log_likelihood.mean()) == pytest.approx(expected, rel=1e-12)


def test_with_the_true_posterior_every_sample_has_the_true_likelihood() -> None:
    """One log-weight is log p(x) for any noise, and so is the importance-sampled value; the ELBO has no gap."""
    weights = LINEAR.log_weights(LINEAR.posterior(), 5)
    for one in (*weights, importance_log_likelihood(weights)):
        torch.testing.assert_close(one, LINEAR.log_likelihood)
    bound = elbo(LINEAR.x, LINEAR.posterior(), LINEAR.decoder, LINEAR.noise)
    torch.testing.assert_close(bound, LINEAR.log_likelihood)


def test_the_optimal_rate_is_half_the_log_of_the_eigenvalues_over_the_noise() -> None:
    """This holds for each dimension, as a mean over the images that the model was fitted to."""
    q = LINEAR.posterior()
    expected = 0.5 * (LINEAR.values[:LATENT] / LINEAR.noise).log()
    torch.testing.assert_close(gaussian_kl(q.mean, q.logvar).mean(0), expected)


def test_the_lowest_loss_of_a_linear_vae_is_the_closed_form() -> None:
    """From random weights, gradients of the loss terms lead to the likelihood and the rate of probabilistic PCA."""
    generator = Generator().manual_seed(0)
    shapes = ((LATENT, PIXELS), (PIXELS, LATENT), (LATENT,), ())
    encoder, decoder, logvar, lognoise = (
        torch.randn(shape, generator=generator, dtype=torch.float64).mul(0.3).requires_grad_() for shape in shapes
    )

    def q() -> Posterior:
        return Posterior(LINEAR.x @ encoder.T, logvar.expand(IMAGES, LATENT))

    def loss() -> Tensor:
        optimiser.zero_grad()
        value = -elbo(LINEAR.x, q(), decoder, lognoise.exp()).mean()
        value.backward()
        return value

    optimiser = torch.optim.LBFGS([encoder, decoder, logvar, lognoise], max_iter=1000, line_search_fn="strong_wolfe")
    optimiser.step(loss)
    assert loss().item() == pytest.approx(-float(LINEAR.log_likelihood.mean()), abs=1e-5)
    rate = gaussian_kl(q().mean, q().logvar).sum(-1).mean().item()
    assert rate == pytest.approx(float(0.5 * (LINEAR.values[:LATENT] / LINEAR.noise).log().sum()), abs=1e-2)
    assert lognoise.exp().item() == pytest.approx(LINEAR.noise, rel=1e-2)


def test_the_importance_sampled_value_rises_to_the_true_likelihood() -> None:
    """With another posterior, one sample gives the ELBO, and more samples a value nearer to log p(x), from below."""
    true = LINEAR.posterior()
    other = Posterior(true.mean + 0.2, true.logvar + 0.5)
    weights = LINEAR.log_weights(other, 10_000)
    truth = float(LINEAR.log_likelihood.mean())

    def value(samples: int) -> float:
        """The mean over images, and over as many draws as there are."""
        draws = weights.reshape(-1, samples, IMAGES).transpose(0, 1).reshape(samples, -1)
        return float(importance_log_likelihood(draws).mean())

    values = [value(samples) for samples in (1, 10, 100, 10_000)]
    assert values[0] == pytest.approx(float(elbo(LINEAR.x, other, LINEAR.decoder, LINEAR.noise).mean()), abs=0.01)
    assert values == sorted(values)
    assert values[0] < truth - 0.3
    assert values[2] < truth - 1e-3
    assert values[3] == pytest.approx(truth, abs=1e-3)


# Gradients


class Objective(torch.nn.Module):
    """The objective of a model as a module, always with the same noise."""

    def __init__(self, net: Autoencoder) -> None:
        super().__init__()
        self.net = net

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """All loss terms."""
        return tuple(self.net.objective(x, Generator().manual_seed(0)).values())


@pytest.mark.parametrize(
    ("name", "options"),
    [("ae", {}), ("vae", {"beta": 1.0}), ("vae", {"beta": 0.3}), ("vae", {"beta": 2.0, "noise": False})],
)
def test_gradients_agree_with_finite_differences(name: str, options: dict[str, float], images: Splits) -> None:
    """The gradient of every loss term for all weights is the limit of a difference, with the noise held fixed."""
    net = factory.build(
        name, Sizes(784, 2, mlp((5, 4))), factory.options(name).model_validate(options), seed=0
    ).double()
    x = batches.whole(images.test)[:3].double()
    module = Objective(net)
    names, weights = zip(*module.named_parameters(), strict=True)

    def terms(*values: Tensor) -> tuple[Tensor, ...]:
        called: tuple[Tensor, ...] = torch.func.functional_call(module, dict(zip(names, values, strict=True)), x)
        return called

    assert torch.autograd.gradcheck(terms, weights, fast_mode=True)


# A trained VAE with one latent dimension


class Integrated:
    """Sums over a fine grid of codes in place of integrals over the code."""

    def __init__(self, net: Autoencoder, x: Tensor) -> None:
        z = torch.linspace(-8, 8, 2001, dtype=torch.float64)
        logits, q = net.decode(z[:, None]), net.posterior(x)
        zeros, self.step = torch.zeros(1, dtype=torch.float64), float(z[1] - z[0])
        likelihood = torch.stack([-bernoulli_distortion(logits, one.expand(logits.shape)) for one in x])
        self.prior = gaussian_log_density(z[:, None], zeros, zeros)
        joint = likelihood + self.prior
        self.log_likelihood = joint.logsumexp(1) + math.log(self.step)
        self.posterior = joint - self.log_likelihood[:, None]
        self.q = gaussian_log_density(z[:, None].expand(len(x), -1, -1), q.mean[:, None], q.logvar[:, None])

    def divergence(self, other: Tensor) -> Tensor:
        """KL(q(z | x), other), in nats for each image."""
        return (self.q.exp() * (self.q - other)).sum(1) * self.step


@pytest.fixture(scope="module")
def trained(images: Splits) -> tuple[Autoencoder, Tensor, Integrated]:
    """A VAE after a short training, with some test images, and the integrals of both."""
    schedule = Train(epochs=10, batch_size=20, learning_rate=5e-3, precision="fp32", device="cpu")
    net = factory.build("vae", Sizes(784, 1, mlp((32, 16))), Options(beta=1.0), seed=0)
    fit(net, images, schedule, 0, lambda number, losses: None)
    net.double().requires_grad_(requires_grad=False)
    x = batches.whole(images.test)[:10].double()
    return net, x, Integrated(net, x)


def covering(net: Autoencoder) -> Autoencoder:
    """A copy of a model whose posterior is N(0, e) for every image, so that its samples cover all codes."""
    other = copy.deepcopy(net)
    for name, weights in other.named_parameters():
        if name.startswith(("mean.", "logvar.")):
            weights.fill_(float(name == "logvar.bias"))
    return other


def test_the_importance_sampled_likelihood_rises_to_the_integral(
    trained: tuple[Autoencoder, Tensor, Integrated],
) -> None:
    """With a posterior that covers all codes, the mean over images rises with the samples to the mean of log p(x).

    For each image, the mean weight is p(x), within the error of the samples.
    """
    net, x, integrated = covering(trained[0]), *trained[1:]
    values = [float(log_likelihood(net, x, n, Generator().manual_seed(0)).mean()) for n in (1, 10, 2000)]
    truth = float(integrated.log_likelihood.mean())
    assert values[0] + 1 < values[1] < truth - 0.1
    assert values[2] == pytest.approx(truth, abs=0.1)
    log_weights, _ = importance_weights(net, x, 2000, Generator().manual_seed(0))
    ratio = (log_weights - integrated.log_likelihood).exp()
    assert ((ratio.mean(0) - 1).abs() < 4 * ratio.std(0) / math.sqrt(2000)).all()


def test_the_trained_posterior_never_overstates_the_likelihood(
    trained: tuple[Autoencoder, Tensor, Integrated],
) -> None:
    """A posterior that misses a region of codes gives a value that stays below log p(x), as a mean over images."""
    net, x, integrated = trained
    value = log_likelihood(net, x, 1000, Generator().manual_seed(0))
    assert float((value - integrated.log_likelihood).mean()) < 0.03


def test_the_elbo_lacks_the_divergence_from_the_true_posterior(
    trained: tuple[Autoencoder, Tensor, Integrated],
) -> None:
    """The loss is minus log p(x) plus KL(q, true posterior), so the ELBO is below log p(x) by the divergence."""
    net, x, integrated = trained
    generator, gap = Generator().manual_seed(0), integrated.divergence(integrated.posterior)
    losses = torch.stack([net.objective(x, generator)["loss"] for _ in range(1000)])
    error = losses.std(0) / math.sqrt(1000)
    assert (gap > 0).all()
    assert ((losses.mean(0) + integrated.log_likelihood - gap).abs() < 4 * error).all()
    assert float(gap.mean()) > 10 * float(error.mean())  # otherwise the test could not see the gap


def test_the_rate_is_the_integral_of_the_log_ratio(trained: tuple[Autoencoder, Tensor, Integrated]) -> None:
    """The closed form of KL(q, prior) is equal to the integral; the mean over samples comes near it."""
    net, x, integrated = trained
    q, integral = net.posterior(x), integrated.divergence(integrated.prior)
    torch.testing.assert_close(gaussian_kl(q.mean, q.logvar).sum(-1), integral, atol=1e-6, rtol=0)
    _, log_ratio = importance_weights(net, x, 1000, Generator().manual_seed(0))
    assert ((log_ratio.mean(0) - integral).abs() < 4 * log_ratio.std(0) / math.sqrt(1000)).all()
