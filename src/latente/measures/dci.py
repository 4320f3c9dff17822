r"""Disentanglement and completeness: does each unit of a code hold one factor, and is each factor in one unit?

The importance $R_{ij}$ of unit $i$ for factor $j$ is the size of its coefficient in a Lasso regression of the factor on
all units, both standardised. The class is a factor too: it has one regression for each class, and the importance is the
mean over the classes.

References:
    Eastwood & Williams, A framework for the quantitative evaluation of disentangled representations, 2018, section 2.
    https://openreview.net/forum?id=By-7dz-AZ
"""

import math

import numpy as np
from jaxtyping import Float, UInt8
from sklearn.linear_model import Lasso

Importance = Float[np.ndarray, "units factors"]

_DEVIATIONS = 3  # of the correlation of independent numbers: smaller correlations have a coefficient of 0


def importance(
    codes: Float[np.ndarray, "images units"],
    factors: Float[np.ndarray, "images columns"],
    labels: UInt8[np.ndarray, " images"],
) -> Importance:
    """How important each unit is for each factor, and in the last column for the class; at least 0.

    Images of a single class have no last column.

    Args:
        codes: At least one unit.
        factors: One column for each factor except the class.
        labels: Class of every image.
    """
    members = (labels[:, None] == np.unique(labels)).astype(np.float64)
    units, targets = _standardised(codes), _standardised(np.hstack([factors, members]))
    penalty = _DEVIATIONS / math.sqrt(len(codes))
    lasso = Lasso(penalty, fit_intercept=False, precompute=units.T @ units).fit(units, targets)
    sizes = np.abs(np.asarray(lasso.coef_).reshape(targets.shape[1], -1).T)
    each, of_class = np.split(sizes, [factors.shape[1]], axis=1)
    return np.hstack([each, of_class.mean(1, keepdims=True)]) if members.shape[1] > 1 else each


def disentanglement(importance: Importance) -> float:
    """Whether each unit is important for one factor only: one minus the entropy of its importances over the factors.

    Returns:
        In [0, 1], higher is better; the mean over units, weighted by their importance. 1 if every unit serves one
        factor, 0 if every unit serves all factors equally, or none.

    Example:
        >>> disentanglement(np.eye(3)), disentanglement(np.ones((3, 3)))
        (1.0, 0.0)
    """
    total = importance.sum()
    return float(importance.sum(1) / total @ _purity(importance)) if total > 0 else 0.0


def completeness(importance: Importance) -> float:
    """Whether each factor needs one unit only: disentanglement with units and factors exchanged.

    Example:
        >>> completeness(np.array([[1.0], [1.0]])), completeness(np.array([[1.0], [0.0]]))
        (0.0, 1.0)
    """
    return disentanglement(importance.T)


def _purity(importance: Importance) -> Float[np.ndarray, " units"]:
    """One minus the entropy of each row, in units of the largest entropy; 1 for a single column."""
    share = importance / np.maximum(importance.sum(1, keepdims=True), 1e-300)
    entropy = -(share * np.log(np.where(share > 0, share, 1))).sum(1)
    return np.asarray(1 - entropy / max(math.log(importance.shape[1]), 1e-300)).round(12)


def _standardised(values: Float[np.ndarray, "images columns"]) -> Float[np.ndarray, "images columns"]:
    """Mean 0 and variance 1 in every column; a constant column is 0."""
    values = values.astype(np.float64)
    deviation = values.std(0)
    return np.asarray((values - values.mean(0)) / np.where(deviation > 0, deviation, 1))
