"""Which images a linear classifier classifies correctly from their codes."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float, Int64, UInt8
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
    probe = make_pipeline(StandardScaler(), _classifier()).fit(train, train_labels)
    return np.asarray(probe.predict(test) == test_labels)


def few_labels(
    train: Float[np.ndarray, "train features"],
    train_labels: UInt8[np.ndarray, " train"],
    test: Float[np.ndarray, "images features"],
    test_labels: UInt8[np.ndarray, " images"],
    *,
    counts: Sequence[int],
    draws: int,
    seed: Sequence[int],
) -> dict[int, Float[np.ndarray, " images"]]:
    """The same probe, fitted to a few labelled codes of every class; all training codes define the scale.

    Args:
        train: Training codes.
        train_labels: Class of every training code.
        test: Codes to classify.
        test_labels: Class of every test code.
        counts: Labelled codes of a class. A count is left out if a class has fewer training codes.
        draws: Number of draws of the labelled codes.
        seed: Seed of the draws.

    Returns:
        Count -> share of the draws in which the probe classifies a test code correctly, in [0, 1]; higher is better.
    """
    generator, scaler = np.random.default_rng(seed), StandardScaler().fit(train)
    known, asked = scaler.transform(train), scaler.transform(test)
    most = np.unique(train_labels, return_counts=True)[1].min()
    right: dict[int, Float[np.ndarray, " images"]] = {}
    for count in [count for count in counts if count <= most]:
        drawn = [_of_every_class(train_labels, count, generator) for _ in range(draws)]
        answers = [_classifier().fit(known[one], train_labels[one]).predict(asked) for one in drawn]
        right[count] = np.mean([answer == test_labels for answer in answers], axis=0)
    return right


def _classifier() -> LogisticRegression:
    return LogisticRegression(max_iter=200, tol=1e-3)


def _of_every_class(
    labels: UInt8[np.ndarray, " train"], count: int, generator: np.random.Generator
) -> Int64[np.ndarray, " chosen"]:
    return np.concatenate(
        [generator.choice(np.flatnonzero(labels == one), count, replace=False) for one in np.unique(labels)]
    )
