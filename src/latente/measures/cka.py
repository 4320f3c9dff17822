"""Centred kernel alignment: how similar two sets of codes of the same images are.

The alignments need only the covariances of the two sets, so they are cheap to compute again without some images.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from latente.results import jackknife
from latente.results.jackknife import GROUPS

Codes = Float[np.ndarray, "images _"]

_CUTOFF = 1e-13
"""Directions whose share of the variance is below this are rounding errors; no map is fitted to them."""


def linear_cka(a: Codes, b: Codes) -> float:
    """Linear centred kernel alignment, in [0, 1]; higher is more similar.

    It ignores rotation, shift and isotropic scale. It is 0 if the codes of one set are all equal.

    References:
        Kornblith et al. 2019. https://arxiv.org/abs/1905.00414

    Example:
        >>> codes = np.random.default_rng(0).normal(size=(50, 3))
        >>> round(linear_cka(codes, 2 * codes[:, ::-1] + 1), 6)
        1.0
    """
    a, b = _centred(a), _centred(b)
    return _Covariances(a.T @ a, a.T @ b, b.T @ b).cka


def alignments(a: Codes, b: Codes) -> dict[str, Float[np.ndarray, " parts"]]:
    """Alignments of all images (part 0), and without each group of images (part 1 + g).

    Returns:
        cka: Linear CKA, as above.
        mapped_cka: Linear CKA after the best linear map of one set onto the other, as a mean of both directions. In
            [0, 1]; higher is more similar. A value below 1 means that no linear map makes the two sets equal.
    """
    parts = _parts(_centred(a), _centred(b))
    return {"cka": np.array([one.cka for one in parts]), "mapped_cka": np.array([one.mapped_cka for one in parts])}


@dataclass(frozen=True)
class _Covariances:
    """The covariances of two sets, and between them, up to a common factor."""

    a: Float[np.ndarray, "dims dims"]
    ab: Float[np.ndarray, "dims others"]
    b: Float[np.ndarray, "others others"]

    @property
    def cka(self) -> float:
        return _ratio(_norm(self.ab) ** 2, _norm(self.a) * _norm(self.b))

    @property
    def mapped_cka(self) -> float:
        """The mapped set has the covariance m = ba a⁻¹ ab, also with b. Hence its CKA with b is |m| / |b|."""
        onto_b = self.ab.T @ np.linalg.pinv(self.a, rcond=_CUTOFF, hermitian=True) @ self.ab
        onto_a = self.ab @ np.linalg.pinv(self.b, rcond=_CUTOFF, hermitian=True) @ self.ab.T
        return (_ratio(_norm(onto_b), _norm(self.b)) + _ratio(_norm(onto_a), _norm(self.a))) / 2


def _parts(a: Codes, b: Codes) -> list[_Covariances]:
    """The covariances of all images, and without each group."""
    both, group, dims = np.hstack([a, b]), jackknife.assign(len(a)), a.shape[1]
    groups = [both[group == each] for each in range(GROUPS)]
    products, sums = both.T @ both, both.sum(0)
    left = [(products, sums, len(both))]
    left += [(products - part.T @ part, sums - part.sum(0), len(both) - len(part)) for part in groups]
    scatters = [product - np.outer(total, total) / count for product, total, count in left]
    return [_Covariances(s[:dims, :dims], s[:dims, dims:], s[dims:, dims:]) for s in scatters]


def _centred(codes: Codes) -> Codes:
    """The codes minus their mean; exactly zero in dimensions that do not vary."""
    return np.where(np.ptp(codes, axis=0), codes - codes.mean(0), 0.0)


def _norm(matrix: Float[np.ndarray, "_ _"]) -> float:
    return float(np.linalg.norm(matrix))


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
