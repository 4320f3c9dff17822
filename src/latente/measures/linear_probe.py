"""Which images a linear classifier classifies correctly from their codes."""

import numpy as np
from jaxtyping import Bool, Float, UInt8
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def correct(
    train: Float[np.ndarray, "train features"],
    train_labels: UInt8[np.ndarray, " train"],
    test: Float[np.ndarray, "images features"],
    test_labels: UInt8[np.ndarray, " images"],
) -> Bool[np.ndarray, " images"]:
    """Fit a logistic regression to standardised training codes, and classify the test codes.

    References:
        Alain & Bengio, Understanding intermediate layers using linear classifier probes, 2016.
        https://arxiv.org/abs/1610.01644
    """
    probe = make_pipeline(StandardScaler(), LogisticRegression(max_iter=200, tol=1e-3)).fit(train, train_labels)
    return np.asarray(probe.predict(test) == test_labels)
