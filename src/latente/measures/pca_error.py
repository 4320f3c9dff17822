"""Reconstruction error of principal components: the lowest error of a linear code."""

import numpy as np
from jaxtyping import Float


def pca_errors(
    train: Float[np.ndarray, "train pixels"], x: Float[np.ndarray, "images pixels"], components: int
) -> Float[np.ndarray, " images"]:
    """Squared error per pixel of every image, reconstructed from the training images' first principal components.

    No linear code of this length has a lower error on the training images. A deep model must have a lower error.

    Args:
        train: Images to fit the components to.
        x: Images to reconstruct.
        components: Length of the code.
    """
    centre = train.mean(0, dtype=np.float64)
    directions = np.linalg.eigh(np.cov(train, rowvar=False))[1][:, -components:]
    centred = x - centre
    return np.asarray(np.square(centred - centred @ directions @ directions.T).mean(-1))
