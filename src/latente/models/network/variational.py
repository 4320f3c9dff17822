"""What the variants with a Gaussian posterior share."""

from jaxtyping import Float
from torch import Tensor, nn

from latente.models.network.autoencoder import Autoencoder, Posterior, Sizes


class Variational(Autoencoder):
    """An autoencoder whose encoder also gives the log-variance of every dimension of a code."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__(sizes)
        self.logvar = nn.Linear(self.features, sizes.latent_dim)

    def posterior(self, x: Float[Tensor, "batch pixels"]) -> Posterior:
        features = self.encoder(x)
        return Posterior(self.mean(features), self.logvar(features))
