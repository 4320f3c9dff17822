"""Mixtures of Gaussians fitted to the codes of a trained model; validation codes choose the number of Gaussians."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from sklearn.mixture import GaussianMixture

from latente.codes.densities import Drawn

Train = Float[np.ndarray, "train latent"]
Validation = Float[np.ndarray, "validation latent"]

_RIDGE = 1e-3  # added to the variances of standardised codes, so that equal codes have a density
_TOLERANCE = 5e-3  # nats per code; the curve over the number of Gaussians moves by more than this


@dataclass(frozen=True)
class Chosen:
    """The mixture with the highest likelihood of validation codes.

    Attributes:
        mixture: Fitted to training codes, each dimension divided by `scale`.
        scale: Standard deviation of each dimension; 1 if it is constant.
        curve: Number of Gaussians -> mean log-likelihood of the validation codes, in nats per code; higher is better.
            It ends one number after the best, or with the grid.
    """

    mixture: GaussianMixture
    scale: Float[np.ndarray, " latent"]
    curve: Mapping[int, float]

    @property
    def components(self) -> int:
        """The number of Gaussians."""
        return int(self.mixture.n_components)

    def draw(self, count: int, seed: int) -> Drawn:
        """Draw codes."""
        drawn: Drawn = self.mixture.set_params(random_state=seed).sample(count)[0] * self.scale
        return np.random.default_rng(seed).permutation(drawn).astype(np.float32)  # scikit-learn sorts by component


def choose(train: Train, validation: Validation, grid: Sequence[int], seed: int) -> Chosen:
    """Fit one mixture with full covariances for every number of Gaussians, and keep the best.

    The search stops at the first number with a lower likelihood than a smaller one, because the largest mixtures take
    most of the time.

    Args:
        train: Codes to fit.
        validation: Other codes, which choose.
        grid: Numbers of Gaussians in ascending order. Numbers above half of the codes are left out, but not the first.
        seed: Seed of the start of each fit.
    """
    deviation = train.astype(np.float64).std(0)
    scale = np.where(deviation > 0, deviation, 1)
    volume = float(np.log(scale).sum())
    curve: dict[int, float] = {}
    best = GaussianMixture()
    for components in grid:
        if curve and components > len(train) // 2:
            break
        one = GaussianMixture(components, random_state=seed, reg_covar=_RIDGE, tol=_TOLERANCE).fit(train / scale)
        curve[components] = float(one.score(validation / scale)) - volume
        if curve[components] < max(curve.values()):
            break
        best = one
    return Chosen(best, scale, curve)
