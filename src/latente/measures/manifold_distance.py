"""The distance of images to a hidden manifold, and where on the manifold their nearest points lie."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float64
from scipy.special import ndtr, ndtri
from scipy.stats import chi2

X = Float[np.ndarray, "images pixels"]
Pixels = Float64[np.ndarray, "images pixels"]
Maps = Float64[np.ndarray, "dim pixels"]
Hidden = Float64[np.ndarray, "images dim"]
Each = Float64[np.ndarray, " images"]

_STEPS = 50  # at most; most images need five
_GAIN = 1e-6  # an image is done when a step lowers its squared error by less than this share
_DAMPING = 1e-3  # at the start; ten times less after a step that lowers the error, otherwise ten times more
_STUCK = 1e6  # the damping at which no step lowers the error any more
_INSIDE = 1 / 510  # half a grey level; the start treats black and white pixels as if they were this far inside
_BATCH = 250  # images at a time, so that the arrays stay small
_TAIL = 0.01  # share of a standard normal distribution that `outside` leaves out


@dataclass(frozen=True)
class Nearest:
    """The nearest points of a manifold.

    Attributes:
        distance: Root mean squared difference of the grey levels of an image and of its nearest point, in [0, 1]; 0 is
            on the manifold.
        hidden: Hidden coordinates of the nearest point. They can be very large: pure black and white is at infinity.
    """

    distance: Each
    hidden: Hidden


def nearest(x: X, maps: Maps) -> Nearest:
    r"""The point of the manifold $\Phi(c M)$ that is nearest to each image.

    The start is a least-squares fit of $c M$ to $\Phi^{-1}(x)$. A pixel counts more if it changes more with $c$. Then
    the steps of Levenberg and Marquardt lower the squared error of the grey levels to a local minimum.

    Args:
        x: Images with grey levels in [0, 1].
        maps: M, the linear map from hidden coordinates to the arguments of the normal distribution function.

    References:
        Marquardt 1963, https://doi.org/10.1137/0111030

    Example:
        >>> maps = np.random.default_rng(0).standard_normal((2, 64))
        >>> found = nearest(ndtr(np.array([[0.5, -1.0]]) @ maps), maps)
        >>> found.distance.round(6).tolist(), found.hidden.round(4).tolist()
        ([0.0], [[0.5, -1.0]])
    """
    parts = [_Search(part, maps).run() for part in np.array_split(x.astype(np.float64), -(-len(x) // _BATCH))]
    return Nearest(np.concatenate([one.distance for one in parts]), np.concatenate([one.hidden for one in parts]))


def spread(hidden: Hidden) -> float:
    """Median squared distance of hidden coordinates from the centre, divided by that of a standard normal distribution.

    It is 1 for samples of N(0, I), less if the points stay near the centre, and more if they lie far outside.

    Example:
        >>> spread(np.zeros((5, 2)))
        0.0
    """
    return float(np.median(np.square(hidden).sum(1)) / chi2.median(hidden.shape[1]))


def outside(hidden: Hidden) -> Bool[np.ndarray, " images"]:
    """Which hidden coordinates are farther from the centre than 99 % of a standard normal distribution.

    Example:
        >>> outside(np.array([[0.0, 0.0], [4.0, 0.0]])).tolist()
        [False, True]
    """
    return np.asarray(np.square(hidden).sum(1) > chi2.isf(_TAIL, hidden.shape[1]))


class _Search:
    """The search for the nearest points of some images."""

    def __init__(self, x: Pixels, maps: Maps) -> None:
        self._x, self._maps = x, maps
        self._products = (maps[:, None] * maps).reshape(-1, maps.shape[1]).T
        inverse = ndtri(x.clip(_INSIDE, 1 - _INSIDE))
        weight = _density(inverse) ** 2
        self._hidden = self._solve(weight, weight * inverse, np.full(len(x), _DAMPING))
        self._error = self._errors(x, self._hidden)

    def run(self) -> Nearest:
        """Step until no image gains."""
        going, damping = np.arange(len(self._x)), np.full(len(self._x), _DAMPING)
        for _ in range(_STEPS):
            x, error = self._x[going], self._error[going]
            moved = self._hidden[going] + self._step(x, self._hidden[going], damping)
            lower = self._errors(x, moved)
            better = lower < error
            self._hidden[going[better]], self._error[going[better]] = moved[better], lower[better]
            damping = damping * np.where(better, 0.1, 10)
            goes_on = np.where(better, error - lower > _GAIN * error, damping < _STUCK)
            going, damping = going[goes_on], damping[goes_on]
        return Nearest(np.sqrt(self._error), self._hidden)

    def _step(self, x: Pixels, hidden: Hidden, damping: Each) -> Hidden:
        argument = hidden @ self._maps
        slope = _density(argument)
        return self._solve(slope**2, slope * (x - ndtr(argument)), damping)

    def _solve(self, weight: Pixels, target: Pixels, damping: Each) -> Hidden:
        """Weighted and damped least squares, for each image. The target already has its weight."""
        dim = len(self._maps)
        curvature = (weight @ self._products).reshape(-1, dim, dim)
        diagonal = np.einsum("idd->id", curvature)  # a view
        diagonal *= 1 + damping[:, None]
        diagonal += np.finfo(float).eps  # black and white pixels have no slope
        return np.asarray(np.linalg.solve(curvature, (target @ self._maps.T)[:, :, None])[:, :, 0])

    def _errors(self, x: Pixels, hidden: Hidden) -> Each:
        return np.asarray(np.square(x - ndtr(hidden @ self._maps)).mean(1))


def _density(argument: Pixels) -> Pixels:
    """Density of the standard normal distribution: the slope of its distribution function."""
    return np.asarray(np.exp(-np.square(argument) / 2) / np.sqrt(2 * np.pi))
