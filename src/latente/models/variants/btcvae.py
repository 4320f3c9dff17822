"""The beta-TCVAE (Chen et al. 2018): the part of the rate that is the dependence between dimensions weighs more.

References:
    Chen, Li, Grosse & Duvenaud, Isolating Sources of Disentanglement in VAEs, 2018, equation 4 with alpha = gamma = 1.
    https://arxiv.org/abs/1802.04942
"""

from typing import Annotated, final

from jaxtyping import Float
from pydantic import Field
from torch import Generator, Tensor

from latente.models.network.autoencoder import LossTerms, Sizes
from latente.models.network.objectives import bernoulli_distortion, total_correlation
from latente.models.network.variational import Variational
from latente.project.types import Section


class Options(Section):
    """Factor of the total correlation within the rate; with 1 the model is the VAE."""

    beta: Annotated[float, Field(ge=0, le=1000)]


@final
class Model(Variational):
    """Minimises distortion + rate + (beta - 1) * total correlation of the codes of a batch."""

    def __init__(self, sizes: Sizes, options: Options) -> None:
        super().__init__(sizes)
        self.beta = options.beta

    def objective(self, x: Float[Tensor, "batch pixels"], generator: Generator) -> LossTerms:
        posterior = self.posterior(x)
        z = posterior.sample(generator)
        distortion, rate = bernoulli_distortion(self.decode(z), x), self.rate(posterior, z)
        correlation = total_correlation(z, posterior.mean, posterior.logvar)
        loss = distortion + rate + (self.beta - 1) * correlation
        return {"loss": loss, "distortion": distortion, "rate": rate, "total_correlation": correlation}
