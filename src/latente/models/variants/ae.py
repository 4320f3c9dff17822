"""The standard autoencoder: the posterior is a point, and the loss is the distortion alone."""

from collections.abc import Sequence
from typing import final

from jaxtyping import Float
from torch import Generator, Tensor

from latente.models.network.autoencoder import Autoencoder, LossTerms, Posterior
from latente.models.network.objectives import bernoulli_distortion
from latente.project.types import Section


class Options(Section):
    """No options."""


@final
class Model(Autoencoder):
    """Minimises the distortion. This is the VAE without noise and without rate."""

    def __init__(self, latent_dim: int, hidden: Sequence[int], options: Options) -> None:
        super().__init__(latent_dim, hidden)

    def posterior(self, x: Float[Tensor, "batch 784"]) -> Posterior:
        return Posterior.point(self.mean(self.encoder(x)))

    def objective(self, x: Float[Tensor, "batch 784"], generator: Generator) -> LossTerms:
        distortion = bernoulli_distortion(self.decode(self.posterior(x).mean), x)
        return {"loss": distortion, "distortion": distortion}
