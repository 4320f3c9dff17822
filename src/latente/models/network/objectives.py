"""Loss terms as pure functions, in nats per image."""

import math

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

_SCALES = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)  # of the kernel, as in the authors' code


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
    z: Float[Tensor, "*#batch latent"], mean: Float[Tensor, "*#batch latent"], logvar: Float[Tensor, "*#batch latent"]
) -> Float[Tensor, "*batch"]:
    """Log-density of codes under a diagonal Gaussian, in nats.

    Args:
        z: Codes.
        mean: Mean of the Gaussian.
        logvar: Log-variance of the Gaussian.
    """
    return -0.5 * ((z - mean).square() / logvar.exp() + logvar + math.log(2 * math.pi)).sum(-1)


def mixture_log_density(
    z: Float[Tensor, "*batch latent"],
    mean: Float[Tensor, "components latent"],
    logvar: Float[Tensor, "components latent"],
) -> Float[Tensor, "*batch"]:
    """Log-density of codes under a mixture of diagonal Gaussians with equal weights, in nats.

    Args:
        z: Codes.
        mean: Mean of every Gaussian.
        logvar: Log-variance of every Gaussian.

    Example:
        >>> z, zeros = torch.ones(2, 3), torch.zeros(5, 3)
        >>> torch.allclose(mixture_log_density(z, zeros, zeros), gaussian_log_density(z, zeros[:1], zeros[:1]))
        True
    """
    each = gaussian_log_density(z.unsqueeze(-2), mean, logvar)
    return torch.logsumexp(each, dim=-1) - math.log(len(mean))


def total_correlation(
    z: Float[Tensor, "batch latent"], mean: Float[Tensor, "batch latent"], logvar: Float[Tensor, "batch latent"]
) -> Float[Tensor, " batch"]:
    r"""Total correlation of the aggregate posterior, $\log q(z) - \sum_j \log q(z_j)$, at codes of a batch.

    $q(z)$ is the mixture of the posteriors of the batch (minibatch-weighted sampling). The number of training images
    only adds a constant, so it is left out.

    Args:
        z: One posterior sample of every image.
        mean: Posterior mean of every image.
        logvar: Posterior log-variance of every image.

    Returns:
        Nats per image; the mean estimates how much the dimensions depend on each other, and is 0 if they do not.

    References:
        Chen, Li, Grosse & Duvenaud, Isolating Sources of Disentanglement in VAEs, 2018, equations 2 and 4.
        https://arxiv.org/abs/1802.04942
    """
    each = -0.5 * ((z[:, None] - mean).square() / logvar.exp() + logvar + math.log(2 * math.pi))
    joint, single = each.sum(-1).logsumexp(1), each.logsumexp(1)
    return joint - single.sum(-1) + (z.shape[1] - 1) * math.log(len(mean))


def mmd(z: Float[Tensor, "batch latent"], drawn: Float[Tensor, "batch latent"]) -> Float[Tensor, ""]:
    r"""Squared maximum mean discrepancy of two samples of equal size, without bias; 0 in expectation if they are alike.

    The kernel is a sum of inverse multiquadrics $c / (c + |a - b|^2)$ with $c = 2 s d$ for codes of length $d$ and the
    scales $s$ of the reference. It has no unit, and is at most the number of scales.

    References:
        Tolstikhin, Bousquet, Gelly & Schölkopf, Wasserstein Auto-Encoders, 2018, section 4.
        https://arxiv.org/abs/1711.01558
    """
    count = len(z)
    own, other = _kernel(z, z), _kernel(drawn, drawn)
    within = (own.sum() - own.trace() + other.sum() - other.trace()) / (count * (count - 1))
    return within - 2 * _kernel(z, drawn).mean()


def _kernel(a: Float[Tensor, "a latent"], b: Float[Tensor, "b latent"]) -> Float[Tensor, "a b"]:
    products = a @ b.T
    squared = (a.square().sum(1)[:, None] + b.square().sum(1) - 2 * products).clamp(min=0)
    scales = [2 * scale * a.shape[1] for scale in _SCALES]
    return torch.stack([scale / (scale + squared) for scale in scales]).sum(0)


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
