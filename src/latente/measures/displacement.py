"""How far codes move if their images are corrupted."""

import numpy as np
from jaxtyping import Float


def moved(
    clean: Float[np.ndarray, "images latent"],
    other: Float[np.ndarray, "*others images latent"],
    train: Float[np.ndarray, "train latent"],
) -> Float[np.ndarray, "*others images"]:
    """The distance between two codes of one image, divided by the size of the latent space.

    The size is the root mean square distance of training codes to their mean. It needs no classes, and models with
    other scales of their codes compare.

    Args:
        clean: Codes of images.
        other: Codes of the same images after some corruptions.
        train: Codes of training images, for the size.

    Returns:
        At least 0, lower is better; 1 is as far as a code lies from the mean code.
    """
    size = np.sqrt(np.square(train.astype(np.float64) - train.mean(0)).sum(1).mean())
    return np.asarray(np.linalg.norm(other.astype(np.float64) - clean, axis=-1) / max(float(size), 1e-300))
