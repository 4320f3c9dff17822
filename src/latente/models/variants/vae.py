"""The variational autoencoder (Kingma & Welling 2014), with beta, the factor of the rate (Higgins et al. 2017)."""

from typing import Annotated, final

from jaxtyping import Float
from pydantic import Field
from torch import Generator, Tensor

from latente.models.network.autoencoder import LossTerms, Sizes
from latente.models.network.objectives import bernoulli_distortion
from latente.models.network.variational import Variational
from latente.project.types import Section


class Options(Section):
    """`beta` is the factor of the rate. With `noise` the decoder gets a posterior sample, otherwise the mean.

    With beta 1 and noise, the loss is the negative ELBO. With beta 0 and without noise, the model is the standard
    autoencoder. The two options therefore separate the effect of the rate from the effect of the noise.
    """

    beta: Annotated[float, Field(ge=0, le=1000)]
    noise: bool = True


@final
class Model(Variational):
    """Minimises distortion + beta * rate. The distortion is at one posterior sample, or at the mean without noise."""

    def __init__(self, sizes: Sizes, options: Options) -> None:
        super().__init__(sizes)
        self.beta, self.noise = options.beta, options.noise

    def objective(self, x: Float[Tensor, "batch pixels"], generator: Generator) -> LossTerms:
        posterior = self.posterior(x)
        z = posterior.sample(generator) if self.noise else posterior.mean
        distortion, rate = bernoulli_distortion(self.decode(z), x), self.rate(posterior, z)
        return {"loss": distortion + self.beta * rate, "distortion": distortion, "rate": rate}
