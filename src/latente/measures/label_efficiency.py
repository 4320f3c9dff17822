"""How accurate a probe is over all numbers of labels: one number for a curve."""

import numpy as np
from jaxtyping import Float


def weights(counts: Float[np.ndarray, " points"]) -> Float[np.ndarray, " points"]:
    """The weights that turn the accuracies at some numbers of labels into the area under their curve.

    The curve has straight lines between its points, over the logarithm of the number of labels. The area is divided by
    its width, so it is an accuracy: the mean accuracy, if every doubling of the labels counts the same.

    Args:
        counts: Labelled images of a class; ascending and distinct. At least one.

    Returns:
        They add up to 1; a single point has the weight 1.

    Example:
        >>> weights(np.array([1.0, 10.0, 100.0])).tolist()
        [0.25, 0.5, 0.25]
    """
    if len(counts) == 1:
        return np.ones(1)
    steps = np.diff(np.log(counts))
    return np.asarray((np.append(steps, 0) + np.insert(steps, 0, 0)) / (2 * steps.sum()))
