"""The standard autoencoder: the posterior is a point, and the loss is the distortion alone."""

from typing import Annotated, final

from jaxtyping import Float
from pydantic import Field
from torch import Generator, Tensor

from latente.models.network.autoencoder import Autoencoder, LossTerms, Sizes
from latente.models.network.objectives import bernoulli_distortion
from latente.project.types import Section


class Options(Section):
    """Decoupled weight decay of the training: each step shrinks all weights by this share of the learning rate."""

    weight_decay: Annotated[float, Field(ge=0, le=100)] = 0.0


@final
class Model(Autoencoder):
    """Minimises the distortion. This is the VAE without noise and without rate."""

    def __init__(self, sizes: Sizes, options: Options) -> None:
        super().__init__(sizes)
        self.weight_decay = options.weight_decay

    def objective(self, x: Float[Tensor, "batch pixels"], generator: Generator) -> LossTerms:
        distortion = bernoulli_distortion(self.decode(self.posterior(x).mean), x)
        return {"loss": distortion, "distortion": distortion}
