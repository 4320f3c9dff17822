"""Importance-sampled log-likelihood of images under a model with a Gaussian posterior."""

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from latente.models.network.autoencoder import Autoencoder
from latente.models.network.objectives import bernoulli_distortion, gaussian_log_density, importance_log_likelihood


def log_likelihood(
    net: Autoencoder, x: Float[Tensor, "batch pixels"], samples: int, generator: Generator
) -> Float[Tensor, " batch"]:
    """Importance-sampled lower bound on log p(x), in nats per image; higher is better.

    Args:
        net: A model with a Gaussian posterior.
        x: Grey levels in [0, 1].
        samples: Codes drawn for each image.
        generator: Source of the noise.

    References:
        Burda, Grosse & Salakhutdinov, Importance Weighted Autoencoders, 2016. https://arxiv.org/abs/1509.00519
    """
    return importance_log_likelihood(importance_weights(net, x, samples, generator)[0])


def importance_weights(
    net: Autoencoder, x: Float[Tensor, "batch pixels"], samples: int, generator: Generator
) -> tuple[Float[Tensor, "samples batch"], Float[Tensor, "samples batch"]]:
    r"""Log-weights of posterior samples, and the log-ratio of posterior to prior at these samples.

    Args:
        net: A model with a Gaussian posterior.
        x: Grey levels in [0, 1].
        samples: Codes drawn for each image.
        generator: Source of the noise.

    Returns:
        $\log p(x, z) - \log q(z \mid x)$ and $\log q(z \mid x) - \log p(z)$, in nats. The mean of the second over
        the samples estimates the rate.
    """
    posterior = net.posterior(x)
    z = torch.stack([posterior.sample(generator) for _ in range(samples)])
    log_ratio = gaussian_log_density(z, posterior.mean, posterior.logvar) - net.log_prior(z)
    distortion = bernoulli_distortion(net.decode(z), x.expand(samples, *x.shape))
    return -distortion - log_ratio, log_ratio
