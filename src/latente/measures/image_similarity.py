"""How alike two rows of images are, pixel by pixel."""

import numpy as np
from jaxtyping import Float

Row = Float[np.ndarray, "images pixels"]


def correlations(a: Row, b: Row) -> Float[np.ndarray, " images"]:
    """Pearson correlation of the pixels of each image with those of its counterpart; 0 for an even image.

    Returns:
        In [-1, 1]; higher is more alike.

    Example:
        >>> correlations(np.array([[0.0, 1.0, 0.0]]), np.array([[1.0, 0.0, 1.0]])).round(6).tolist()
        [-1.0]
    """
    a, b = a - a.mean(1, keepdims=True), b - b.mean(1, keepdims=True)
    norms = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    return np.asarray((a * b).sum(1) / np.maximum(norms, np.finfo(np.float32).tiny))


def likeness(a: Row, b: Row) -> dict[str, float]:
    """How alike two rows of images are, image by image.

    Returns:
        `correlation` of pixels in [-1, 1], higher is more alike; `mse` per pixel, lower is more alike; both are means
        over the images.
    """
    return {"correlation": float(correlations(a, b).mean()), "mse": float(np.square(a - b).mean())}


def residual_correlation(a: Row, b: Row, reference: Row) -> float:
    """Correlation of two rows of images after a linear regression on a third row is taken out of both.

    Args:
        a: Images.
        b: Their counterparts.
        reference: What is taken out, for instance the pixel mean of each class.

    Returns:
        Mean over the images, in [-1, 1]; near 0 if the images are alike only because both are near the reference.
    """
    return float(correlations(_residual(a, reference), _residual(b, reference)).mean())


def _residual(images: Row, reference: Row) -> Row:
    x, m = images - images.mean(1, keepdims=True), reference - reference.mean(1, keepdims=True)
    slope = (x * m).sum(1, keepdims=True) / np.square(m).sum(1, keepdims=True)
    return np.asarray(x - slope * m)
