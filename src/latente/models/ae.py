"""The standard autoencoder: a code is a point, and nothing but the distortion counts."""

from collections.abc import Sequence
from typing import final

from jaxtyping import Float
from torch import Generator, Tensor

from latente.autoencoder import Autoencoder, Posterior, Terms
from latente.objectives import bernoulli_distortion
from latente.params import Section


class Options(Section):
    """Nothing to choose."""


@final
class Model(Autoencoder):
    """Minimises the distortion of the image decoded from its code: the VAE without noise and without the rate."""

    def __init__(self, latent_dim: int, hidden: Sequence[int], options: Options) -> None:
        super().__init__(latent_dim, hidden)

    def posterior(self, x: Float[Tensor, "batch 784"]) -> Posterior:
        return Posterior.point(self.mean(self.encoder(x)))

    def objective(self, x: Float[Tensor, "batch 784"], generator: Generator) -> Terms:
        distortion = bernoulli_distortion(self.decode(self.posterior(x).mean), x)
        return {"loss": distortion, "distortion": distortion}
