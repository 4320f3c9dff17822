"""The error of principal components, compared with scikit-learn."""

import numpy as np
from sklearn.decomposition import PCA

from latente.data.splits import Splits
from latente.measures.pca_error import pca_errors


def test_the_error_is_that_of_scikit_learns_components(images: Splits) -> None:
    """The errors of all images are equal to those of scikit-learn's PCA."""
    train, x = images.train.grey, images.test.grey
    fitted = PCA(7, svd_solver="full").fit(train)
    expected = np.square(x - fitted.inverse_transform(fitted.transform(x))).mean(1)
    np.testing.assert_allclose(pca_errors(train, x, 7), expected, rtol=1e-3)


def test_images_of_a_plane_need_two_components() -> None:
    """With two components the error is 0; with one it is not."""
    generator = np.random.default_rng(0)
    flat = generator.standard_normal((100, 2)) @ generator.standard_normal((2, 9))
    assert pca_errors(flat, flat, 2).max() < 1e-20
    assert pca_errors(flat, flat, 1).mean() > 0.1
