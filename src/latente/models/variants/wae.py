"""The Wasserstein autoencoder (Tolstikhin et al. 2018): all codes together are near the prior, each code is a point.

References:
    Tolstikhin, Bousquet, Gelly & Schölkopf, Wasserstein Auto-Encoders, 2018, equation 4 and algorithm 2.
    https://arxiv.org/abs/1711.01558
"""

from typing import Annotated, final

from jaxtyping import Float
from pydantic import Field
from torch import Generator, Tensor

from latente.models.network.autoencoder import Autoencoder, LossTerms, Sizes
from latente.models.network.objectives import bernoulli_distortion, mmd
from latente.project.types import Section


class Options(Section):
    """Factor of the distance between codes and prior; with 0 the model is the AE."""

    distance: Annotated[float, Field(ge=0, le=1e6)]


@final
class Model(Autoencoder):
    """Minimises distortion + distance * MMD², the squared distance between the codes of a batch and prior draws."""

    def __init__(self, sizes: Sizes, options: Options) -> None:
        super().__init__(sizes)
        self.distance = options.distance

    def objective(self, x: Float[Tensor, "batch pixels"], generator: Generator) -> LossTerms:
        posterior = self.posterior(x)
        distortion = bernoulli_distortion(self.decode(posterior.mean), x)
        distance = mmd(posterior.mean, posterior.mean.new_empty(posterior.mean.shape).normal_(generator=generator))
        distances = distance.expand(len(x))
        return {"loss": distortion + self.distance * distances, "distortion": distortion, "mmd": distances}
