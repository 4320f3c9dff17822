"""How much codes tell of a number that every image has, such as the thickness of its stroke."""

import numpy as np
from jaxtyping import Bool, Float, Int64, UInt8
from sklearn.linear_model import Ridge

Train = Float[np.ndarray, "train features"]
TrainTargets = Float[np.ndarray, "train targets"]
Targets = Float[np.ndarray, "images targets"]

_RIDGE = 1.0  # for features of mean square 1: it does nothing to codes, and keeps dark pixels from large coefficients


def linear(train: Train, targets: TrainTargets, test: Float[np.ndarray, "images features"]) -> Targets:
    """Predictions for test codes by a linear map with an intercept, fitted to training codes."""
    weights, intercept = coefficients(train, targets)
    return np.asarray(test.astype(np.float64) @ weights + intercept)


def coefficients(
    train: Train, targets: TrainTargets
) -> tuple[Float[np.ndarray, "features targets"], Float[np.ndarray, " targets"]]:
    """The linear map: coefficients and intercepts. The direction of a column is that in which its target grows."""
    train = train.astype(np.float64)
    scale = np.sqrt(np.square(train - train.mean(0)).mean()) or 1.0
    fitted = Ridge(_RIDGE).fit(train / scale, targets)
    return np.asarray(fitted.coef_).reshape(targets.shape[1], -1).T / scale, np.asarray(fitted.intercept_)


def from_neighbours(neighbours: Int64[np.ndarray, "images k"], targets: TrainTargets) -> Targets:
    """Predictions for test codes: the mean over their nearest training codes, as `knn.nearest` finds them."""
    return np.asarray(targets[neighbours].mean(1))


def r2(targets: Targets, predicted: Targets, kept: Bool[np.ndarray, " images"]) -> Float[np.ndarray, " targets"]:
    """Share of the variance of each target that the predictions explain, on some of the images.

    Returns:
        At most 1; higher is better. The mean of the images would score 0; a worse prediction is negative. A target that
        is constant on these images scores 0.

    Example:
        >>> everyone, target = np.ones(3, dtype=bool), np.array([[1.0], [2.0], [3.0]])
        >>> r2(target, target, everyone).tolist(), r2(target, np.full((3, 1), 2.0), everyone).tolist()
        ([1.0], [0.0])
    """
    error = np.square(targets[kept] - predicted[kept]).sum(0)
    total = np.square(targets[kept] - targets[kept].mean(0)).sum(0)
    return np.asarray(np.where(total > 0, 1 - error / np.where(total > 0, total, 1), 0.0))


def inside(
    values: Float[np.ndarray, "train columns"], labels: UInt8[np.ndarray, " train"]
) -> Float[np.ndarray, "train columns"]:
    """Numbers of training images, minus the mean of their class."""
    return without_class((values, labels), (values, labels))[0]


def without_class(
    train: tuple[Float[np.ndarray, "train columns"], UInt8[np.ndarray, " train"]],
    test: tuple[Float[np.ndarray, "images columns"], UInt8[np.ndarray, " images"]],
) -> tuple[Float[np.ndarray, "train columns"], Float[np.ndarray, "images columns"]]:
    """Numbers of training and test images, minus the mean of the training images of the same class.

    What remains does not tell the class by its mean. A class without training images keeps its numbers.

    Args:
        train: Numbers and classes of the training images.
        test: The same of the test images.
    """
    values, labels = train
    classes = int(max(labels.max(), test[1].max())) + 1
    sizes = np.bincount(labels, minlength=classes)[:, None]
    sums = np.zeros((classes, values.shape[1]))
    np.add.at(sums, labels, values)
    means = sums / np.maximum(sizes, 1)
    return values - means[labels], test[0] - means[test[1]]
