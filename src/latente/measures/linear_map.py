"""The best linear map from one latent space to another."""

import numpy as np
from jaxtyping import Float
from sklearn.linear_model import LinearRegression
from sklearn.metrics import r2_score

Codes = Float[np.ndarray, "_ latent"]


def carry(source: tuple[Codes, Codes], target: Codes) -> Codes:
    """Map the source's test codes to the target's space, with a linear map fitted to the training codes.

    The fit is least squares with an intercept.

    Args:
        source: Training and test codes of the source.
        target: Codes of the same training images in the target's space.
    """
    train, test = source
    fitted = LinearRegression().fit(train.astype(np.float64), target.astype(np.float64))
    return np.asarray(fitted.predict(test.astype(np.float64)).astype(np.float32))


def r2(target: Codes, carried: Codes) -> float:
    """Share of the variance of the target's codes that the mapped codes explain.

    Args:
        target: Test codes of the target.
        carried: Result of `carry` for the source's codes of the same images.

    Returns:
        At most 1; higher is better. The mean code would score 0; a worse result is negative.
    """
    return float(r2_score(target, carried, multioutput="variance_weighted"))


def linear_r2(
    codes: tuple[Float[np.ndarray, "train latent"], Float[np.ndarray, "test latent"]],
    hidden: tuple[Float[np.ndarray, "train dim"], Float[np.ndarray, "test dim"]],
) -> float:
    """Share of the variance of hidden coordinates that a linear map of the codes explains.

    Args:
        codes: Training codes to fit the map, and test codes to score it.
        hidden: Hidden coordinates of the same images.

    Returns:
        R² on the test codes, as a mean over coordinates; at most 1, higher is better.
    """
    return float(LinearRegression().fit(codes[0], hidden[0]).score(codes[1], hidden[1]))
