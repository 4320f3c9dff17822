"""The InfoVAE (Zhao et al. 2019): less weight of the rate, and a large weight of the distance of codes to the prior.

References:
    Zhao, Song & Ermon, InfoVAE: Balancing Learning and Inference in Variational Autoencoders, 2019, equation 6.
    https://arxiv.org/abs/1706.02262
"""

from typing import Annotated, final

from jaxtyping import Float
from pydantic import Field, model_validator
from torch import Generator, Tensor

from latente.models.network.autoencoder import LossTerms, Sizes
from latente.models.network.objectives import bernoulli_distortion, mmd
from latente.models.network.variational import Variational
from latente.project.types import Section


class Options(Section):
    """`alpha` and `scale` (lambda in the paper) of the objective; with alpha 0 and scale 1 the model is the VAE."""

    alpha: Annotated[float, Field(ge=-1000, le=1)]
    scale: Annotated[float, Field(ge=0, le=1e6)]

    @model_validator(mode="after")
    def _distance_is_no_reward(self) -> "Options":
        if self.alpha + self.scale < 1:
            raise ValueError("alpha + scale must be at least 1")
        return self


@final
class Model(Variational):
    """Minimises distortion + (1 - alpha) * rate + (alpha + scale - 1) * MMD², of posterior samples and prior draws."""

    def __init__(self, sizes: Sizes, options: Options) -> None:
        super().__init__(sizes)
        self.rate_weight, self.distance = 1 - options.alpha, options.alpha + options.scale - 1

    def objective(self, x: Float[Tensor, "batch pixels"], generator: Generator) -> LossTerms:
        posterior = self.posterior(x)
        z = posterior.sample(generator)
        distortion, rate = bernoulli_distortion(self.decode(z), x), self.rate(posterior, z)
        distances = mmd(z, z.new_empty(z.shape).normal_(generator=generator)).expand(len(x))
        loss = distortion + self.rate_weight * rate + self.distance * distances
        return {"loss": loss, "distortion": distortion, "rate": rate, "mmd": distances}
