"""The importance-weighted autoencoder (Burda et al. 2016): a tighter bound of the log-likelihood than the ELBO.

References:
    Burda, Grosse & Salakhutdinov, Importance Weighted Autoencoders, 2016, equation 8. https://arxiv.org/abs/1509.00519
"""

from typing import Annotated, final

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Generator, Tensor

from latente.models.network.autoencoder import LossTerms, Sizes
from latente.models.network.objectives import bernoulli_distortion, gaussian_log_density, importance_log_likelihood
from latente.models.network.variational import Variational
from latente.project.types import Section


class Options(Section):
    """Posterior samples of each image; with 1 the loss has the expectation of the VAE's."""

    samples: Annotated[int, Field(ge=1, le=1000)]


@final
class Model(Variational):
    r"""Minimises $-\log \frac{1}{k} \sum_i p(x, z_i) / q(z_i \mid x)$ over k posterior samples."""

    def __init__(self, sizes: Sizes, options: Options) -> None:
        super().__init__(sizes)
        self.samples = options.samples

    def objective(self, x: Float[Tensor, "batch pixels"], generator: Generator) -> LossTerms:
        posterior = self.posterior(x)
        z = torch.stack([posterior.sample(generator) for _ in range(self.samples)])
        distortion = bernoulli_distortion(self.decode(z), x.expand(self.samples, *x.shape))
        log_ratio = gaussian_log_density(z, posterior.mean, posterior.logvar) - self.log_prior(z)
        loss = -importance_log_likelihood(-distortion - log_ratio)
        return {"loss": loss, "distortion": distortion.mean(0), "rate": self.rate(posterior, z[0])}
