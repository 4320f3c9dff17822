"""Reconstruction error of principal components: the best that a linear code can do."""

import numpy as np
from jaxtyping import Float


def pca_errors(
    train: Float[np.ndarray, "train pixels"], x: Float[np.ndarray, "images pixels"], components: int
) -> Float[np.ndarray, " images"]:
    """Squared error per pixel of every image on the first principal components of the training images.

    No linear code of that length has a lower error on the training images. A deep model must beat it.

    Args:
        train: Images that the components are fitted to.
        x: Images that are reconstructed.
        components: Length of the code.
    """
    centre = train.mean(0, dtype=np.float64)
    directions = np.linalg.eigh(np.cov(train, rowvar=False))[1][:, -components:]
    centred = x - centre
    return np.asarray(np.square(centred - centred @ directions @ directions.T).mean(-1))
