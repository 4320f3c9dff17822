"""The VAE with a VampPrior (Tomczak & Welling 2018): the prior is a mixture of posteriors at learned images.

References:
    Tomczak & Welling, VAE with a VampPrior, 2018, equation 9. https://arxiv.org/abs/1705.07120
"""

from typing import Annotated, final

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Generator, Tensor, nn

from latente.models.network.autoencoder import LossTerms, Posterior, Sizes
from latente.models.network.objectives import bernoulli_distortion, gaussian_log_density
from latente.models.network.variational import Variational
from latente.project.types import Section


class Options(Section):
    """Number of learned images (pseudo-inputs), which is the number of Gaussians of the prior."""

    components: Annotated[int, Field(ge=1, le=1000)]


@final
class Model(Variational):
    r"""Minimises distortion + rate, with the prior $p(z) = \frac{1}{K} \sum_k q(z \mid u_k)$; the $u_k$ are learned."""

    def __init__(self, sizes: Sizes, options: Options) -> None:
        super().__init__(sizes)
        self.pseudo = nn.Parameter(torch.randn(options.components, sizes.pixels) - 2)  # log-odds; most pixels are dark

    def prior(self) -> Posterior:
        return self.posterior(self.pseudo.sigmoid())

    def rate(self, posterior: Posterior, z: Float[Tensor, "batch latent"]) -> Float[Tensor, " batch"]:
        return gaussian_log_density(z, posterior.mean, posterior.logvar) - self.log_prior(z)

    def objective(self, x: Float[Tensor, "batch pixels"], generator: Generator) -> LossTerms:
        posterior = self.posterior(x)
        z = posterior.sample(generator)
        distortion, rate = bernoulli_distortion(self.decode(z), x), self.rate(posterior, z)
        return {"loss": distortion + rate, "distortion": distortion, "rate": rate}
