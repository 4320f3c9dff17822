"""Maps: codes in the plane of their two main directions. A code that moves in this plane can be decoded exactly."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float


@dataclass(frozen=True)
class Plane:
    """A plane in the latent space.

    Attributes:
        centre: Mean of the codes.
        directions: Two orthogonal unit vectors.
        share: The part of the variance of the codes in this plane, [0, 1].
    """

    centre: Float[np.ndarray, " latent"]
    directions: Float[np.ndarray, "2 latent"]
    share: float


def main_plane(codes: Float[np.ndarray, "images latent"]) -> Plane:
    """The plane with the largest variance of codes. The largest entry of a direction is positive.

    Codes of length 1 lie on the horizontal axis.

    Example:
        >>> main_plane(np.array([[0.0, 0.0, 5.0], [0.0, 2.0, 5.0], [1.0, 1.0, 5.0]])).directions.round(2).tolist()
        [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]
    """
    codes = codes.astype(np.float64)
    values, vectors = np.linalg.eigh(np.atleast_2d(np.cov(codes, rowvar=False)))
    main = vectors[:, ::-1].T[:2]
    main = np.pad(main, ((0, 2 - len(main)), (0, 0)))
    signs = np.sign(np.take_along_axis(main, np.abs(main).argmax(1)[:, None], 1))
    total = float(values.sum())
    return Plane(codes.mean(0), main * signs, float(values[::-1][:2].sum() / total) if total > 0 else 1.0)
