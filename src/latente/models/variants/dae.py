"""The denoising autoencoder (Vincent et al. 2008): it reconstructs an image from a part of its pixels.

References:
    Vincent, Larochelle, Bengio & Manzagol, Extracting and Composing Robust Features with Denoising Autoencoders, 2008.
    https://doi.org/10.1145/1390156.1390294
"""

from typing import Annotated, final

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Generator, Tensor

from latente.models.network.autoencoder import Autoencoder, LossTerms, Sizes
from latente.models.network.objectives import bernoulli_distortion
from latente.project.types import Section


class Options(Section):
    """Share of the pixels that become black before the encoder sees them; with 0 the model is the AE."""

    masked: Annotated[float, Field(ge=0, lt=1)]


@final
class Model(Autoencoder):
    r"""Minimises the distortion of the whole image, $-\log p(x \mid z)$, at the code $z$ of the masked image."""

    def __init__(self, sizes: Sizes, options: Options) -> None:
        super().__init__(sizes)
        self.masked = options.masked

    def objective(self, x: Float[Tensor, "batch pixels"], generator: Generator) -> LossTerms:
        seen = torch.rand(x.shape, generator=generator, device=x.device) >= self.masked
        distortion = bernoulli_distortion(self.decode(self.posterior(x * seen).mean), x)
        return {"loss": distortion, "distortion": distortion}
