"""Similarity of the pixels of two lists of images."""

import numpy as np
from jaxtyping import Float

Row = Float[np.ndarray, "images pixels"]


def correlations(a: Row, b: Row) -> Float[np.ndarray, " images"]:
    """Pearson correlation between the pixels of every image and of its counterpart.

    Returns:
        In [-1, 1]; higher is more similar. 0 for an image with a single grey level.

    Example:
        >>> correlations(np.array([[0.0, 1.0, 0.0]]), np.array([[1.0, 0.0, 1.0]])).round(6).tolist()
        [-1.0]
    """
    a, b = a - a.mean(1, keepdims=True), b - b.mean(1, keepdims=True)
    norms = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    return np.asarray((a * b).sum(1) / np.maximum(norms, np.finfo(np.float32).tiny))


def likeness(a: Row, b: Row) -> dict[str, float]:
    """Similarity of images and their counterparts, as a mean over the images.

    Returns:
        correlation: Pearson correlation of the pixels, in [-1, 1]; higher is more similar.
        mse: Squared error per pixel; lower is more similar.
    """
    return {"correlation": float(correlations(a, b).mean()), "mse": float(np.square(a - b).mean())}


def residual_correlation(a: Row, b: Row, reference: Row) -> float:
    """Correlation of images and their counterparts, after both have lost their linear regression on a reference.

    Args:
        a: Images.
        b: The images to compare with, in the same order.
        reference: A third image for each pair, for instance the pixel mean of the class.

    Returns:
        Mean over the images, in [-1, 1]. It is near 0 if two images are similar only because both are near the
        reference.
    """
    return float(correlations(_residual(a, reference), _residual(b, reference)).mean())


def _residual(images: Row, reference: Row) -> Row:
    x, m = images - images.mean(1, keepdims=True), reference - reference.mean(1, keepdims=True)
    slope = (x * m).sum(1, keepdims=True) / np.square(m).sum(1, keepdims=True)
    return np.asarray(x - slope * m)
