"""Loss terms as pure functions, in nats per image."""

import math

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional


def bernoulli_distortion(
    logits: Float[Tensor, "*batch pixels"], x: Float[Tensor, "*batch pixels"]
) -> Float[Tensor, "*batch"]:
    r"""Negative log-likelihood of an image under independent Bernoulli pixels, $-\log p(x \mid z)$.

    Grey levels are probabilities here, so the lowest possible value is the entropy of the image, not zero.

    Args:
        logits: Log-odds of every pixel.
        x: Grey levels in [0, 1].

    Returns:
        Nats per image, summed over pixels; lower is better.

    Example:
        >>> bernoulli_distortion(torch.zeros(1, 4), torch.ones(1, 4)).item() == 4 * torch.tensor(2.0).log().item()
        True
    """
    return functional.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(-1)


def gaussian_kl(
    mean: Float[Tensor, "*batch latent"], logvar: Float[Tensor, "*batch latent"]
) -> Float[Tensor, "*batch latent"]:
    r"""KL divergence from a diagonal Gaussian to the standard normal, for each dimension.

    Args:
        mean: Posterior mean.
        logvar: Posterior log-variance.

    Returns:
        Nats per image and dimension; never negative, and zero only for the standard normal. The rate is the sum over
        dimensions.

    References:
        Kingma & Welling, Auto-Encoding Variational Bayes, 2014, App. B. https://arxiv.org/abs/1312.6114

    Example:
        >>> gaussian_kl(torch.zeros(2, 3), torch.zeros(2, 3)).sum(-1)
        tensor([0., 0.])
    """
    return 0.5 * (mean.square() + logvar.exp() - 1 - logvar)


def gaussian_log_density(
    z: Float[Tensor, "*batch latent"], mean: Float[Tensor, "*#batch latent"], logvar: Float[Tensor, "*#batch latent"]
) -> Float[Tensor, "*batch"]:
    """Log-density of codes under a diagonal Gaussian, in nats.

    Args:
        z: Codes.
        mean: Mean of the Gaussian.
        logvar: Log-variance of the Gaussian.
    """
    return -0.5 * ((z - mean).square() / logvar.exp() + logvar + math.log(2 * math.pi)).sum(-1)


def importance_log_likelihood(log_weights: Float[Tensor, "samples batch"]) -> Float[Tensor, " batch"]:
    r"""Importance-sampled lower bound on $\log p(x)$.

    Args:
        log_weights: $\log p(x \mid z) + \log p(z) - \log q(z \mid x)$ for samples $z$ of the posterior.

    Returns:
        Nats per image; higher is better. With one sample it is the ELBO. Its expectation grows with the number of
        samples, towards $\log p(x)$.

    References:
        Burda, Grosse & Salakhutdinov, Importance Weighted Autoencoders, 2016. https://arxiv.org/abs/1509.00519
    """
    return torch.logsumexp(log_weights, dim=0) - math.log(len(log_weights))
