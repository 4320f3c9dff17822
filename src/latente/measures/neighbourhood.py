"""What nearest neighbours in a latent space have in common."""

import numpy as np
from jaxtyping import Bool, Float, Int64, UInt8

Neighbours = Int64[np.ndarray, "images k"]
Labels = UInt8[np.ndarray, " images"]
Kept = Bool[np.ndarray, " images"]


def same_class(neighbours: Neighbours, labels: Labels) -> Float[np.ndarray, " images"]:
    """Share of the neighbours of every image that have its class, [0, 1]; higher is better."""
    return np.asarray((labels[neighbours] == labels[:, None]).mean(1))


def class_entropy(neighbours: Neighbours, labels: Labels) -> Float[np.ndarray, " images"]:
    """Entropy of the classes among the neighbours of every image, divided by the largest entropy of all classes.

    Returns:
        In [0, 1]; 0 if all neighbours have one class, which may be another class than that of the image.

    Example:
        >>> class_entropy(np.array([[0, 1], [1, 1]]), np.array([0, 1], dtype=np.uint8)).tolist()
        [1.0, 0.0]
    """
    classes, index = np.unique(labels, return_inverse=True)
    share = np.eye(len(classes))[index[neighbours]].mean(1)
    entropy = (share * np.log(1 / np.where(share > 0, share, 1))).sum(1)
    return np.asarray(entropy / np.log(max(len(classes), 2)))


def factor_difference(neighbours: Neighbours, factors: Float[np.ndarray, "images factors"], kept: Kept) -> float:
    """Difference of factors between neighbours, divided by that between two random images; mean over factors.

    Args:
        neighbours: Of every image.
        factors: None of them constant.
        kept: The images whose neighbours count. A neighbour may be any image.

    Returns:
        At least 0; 1 if neighbours are no more alike than random images, 0 if they have equal factors.
    """
    near = np.abs(factors[neighbours] - factors[:, None]).mean(1)[kept].mean(0)
    ordered = np.sort(factors[kept], axis=0)
    count = len(ordered)
    rank = 2 * np.arange(1, count + 1) - count - 1
    random = 2 * (rank @ ordered) / (count * (count - 1))  # the mean over all pairs (Gini)
    return float((near / np.maximum(random, 1e-300)).mean())


def occurrences(neighbours: Neighbours) -> Int64[np.ndarray, " images"]:
    """How many images have each image among their neighbours; the mean is k."""
    return np.bincount(neighbours.ravel(), minlength=len(neighbours)).astype(np.int64)


def skewness(occurrences: Int64[np.ndarray, " images"]) -> float:
    """Hubness: the skewness of the occurrences; 0 without hubs, higher if a few images are neighbours of many.

    References:
        Radovanović, Nanopoulos & Ivanović, Hubs in space, 2010, JMLR 11, section 2

    Example:
        >>> skewness(np.array([1, 2, 3])), skewness(np.array([0, 0, 0, 4])) > 1
        (0.0, True)
    """
    centred = occurrences - occurrences.mean()
    deviation = np.sqrt(np.square(centred).mean())
    return float((centred**3).mean() / deviation**3) if deviation > 0 else 0.0
