"""The regularised autoencoder (Ghosh et al. 2020): penalties take the place of the VAE's noise.

References:
    Ghosh, Sajjadi, Vergari, Black & Schölkopf, From Variational to Deterministic Autoencoders, 2020, equations 6
    and 11.     https://arxiv.org/abs/1903.12436
"""

from typing import Annotated, final

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Generator, Tensor

from latente.models.network.autoencoder import Autoencoder, LossTerms, Sizes
from latente.models.network.objectives import bernoulli_distortion
from latente.project.types import Section

Weight = Annotated[float, Field(ge=0, le=1e6)]


class Options(Section):
    """Factor of the penalty of codes, and of the penalty of the decoder's weights; with 0 and 0 the model is the AE."""

    codes: Weight
    decoder: Weight


@final
class Model(Autoencoder):
    r"""Minimises distortion + codes * $|z|^2 / 2$ + decoder * $|\theta|^2$; $\theta$ are the decoder's weights."""

    def __init__(self, sizes: Sizes, options: Options) -> None:
        super().__init__(sizes)
        self.options = options

    def objective(self, x: Float[Tensor, "batch pixels"], generator: Generator) -> LossTerms:
        z = self.posterior(x).mean
        distortion, codes = bernoulli_distortion(self.decode(z), x), z.square().sum(-1) / 2
        decoder = torch.stack([weight.square().sum() for weight in self.decoder.parameters()]).sum()
        penalty = self.options.codes * codes + self.options.decoder * decoder
        return {"loss": distortion + penalty, "distortion": distortion, "penalty": penalty}
