r"""What single units tell of single factors, in bins, and the mutual information gap (MIG).

References:
    Chen, Li, Grosse & Duvenaud, Isolating Sources of Disentanglement in VAEs, 2018, section 4.1.
    https://arxiv.org/abs/1802.04942 (equation 6)
"""

import numpy as np
from jaxtyping import Float, Int64, UInt8

Told = Float[np.ndarray, "units factors"]

_BINS = 20  # with equal numbers of images, for units and for factors


def told(
    codes: Float[np.ndarray, "images units"],
    factors: Float[np.ndarray, "images columns"],
    labels: UInt8[np.ndarray, " images"],
) -> Told:
    r"""The share $I(z_i; v_j) / H(v_j)$ of the entropy of each factor, and of the class in the last column.

    Units and factors are sorted into 20 bins with equal numbers of images; equal values are in one bin. Images of a
    single class have no last column.

    Returns:
        In [0, 1]: 0 if a unit tells nothing of a factor, apart from the bias of the bins (about 181 divided by the
        number of images, in nats); 1 if it tells its bin.
    """
    of_class = [labels.astype(np.int64)] if len(np.unique(labels)) > 1 else []
    targets = [_binned(column) for column in factors.T] + of_class
    return np.array([[_share(unit, target) for target in targets] for unit in map(_binned, codes.T)])


def gap(told: Told) -> float:
    """The mutual information gap: how much more the best unit of a factor tells than the second best.

    Returns:
        In [0, 1], higher is better; mean over factors. It is near 1 only if one unit tells everything of each factor,
        and no other unit tells anything.

    Example:
        >>> gap(np.eye(3)), gap(np.ones((3, 3)))
        (1.0, 0.0)
    """
    second, first = np.sort(np.vstack([told, np.zeros((1, told.shape[1]))]), axis=0)[-2:]
    return float((first - second).mean())


def _binned(values: Float[np.ndarray, " images"]) -> Int64[np.ndarray, " images"]:
    edges = np.quantile(values, np.arange(1, _BINS) / _BINS)
    return np.searchsorted(edges, values, side="right").astype(np.int64)


def _share(unit: Int64[np.ndarray, " images"], target: Int64[np.ndarray, " images"]) -> float:
    joint = np.bincount(unit * (target.max() + 1) + target, minlength=(unit.max() + 1) * (target.max() + 1))
    whole = _entropy(np.bincount(target))
    shared = _entropy(np.bincount(unit)) + whole - _entropy(joint)
    return max(0.0, shared / whole) if whole > 0 else 0.0


def _entropy(counts: Int64[np.ndarray, " cells"]) -> float:
    share = counts[counts > 0] / counts.sum()
    return float(-(share * np.log(share)).sum())
