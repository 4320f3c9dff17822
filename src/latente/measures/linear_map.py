"""The best linear map from one latent space to another."""

import numpy as np
from jaxtyping import Float
from sklearn.linear_model import LinearRegression
from sklearn.metrics import r2_score

Codes = Float[np.ndarray, "_ latent"]


def carry(source: tuple[Codes, Codes], target: Codes) -> Codes:
    """The source's test codes in the target's space, by least squares with an intercept on the training codes.

    Args:
        source: Training and test codes of the source.
        target: Codes of the same training images in the target's space.
    """
    train, test = source
    fitted = LinearRegression().fit(train.astype(np.float64), target.astype(np.float64))
    return np.asarray(fitted.predict(test.astype(np.float64)).astype(np.float32))


def r2(target: Codes, carried: Codes) -> float:
    """Share of the variance of the target's codes that the map explains.

    Args:
        target: Test codes of the target.
        carried: What `carry` makes of the source's codes of the same images.

    Returns:
        1 is all, 0 is no better than the mean code, below 0 is worse than that.
    """
    return float(r2_score(target, carried, multioutput="variance_weighted"))


def linear_r2(
    codes: tuple[Float[np.ndarray, "train latent"], Float[np.ndarray, "test latent"]],
    hidden: tuple[Float[np.ndarray, "train dim"], Float[np.ndarray, "test dim"]],
) -> float:
    """Share of the variance of hidden coordinates that a linear map of the codes explains.

    Args:
        codes: To fit the map on, and to score it on.
        hidden: Coordinates of the same images.

    Returns:
        R², the mean over coordinates, on images that the map was not fitted on; at most 1, higher is better.
    """
    return float(LinearRegression().fit(codes[0], hidden[0]).score(codes[1], hidden[1]))
