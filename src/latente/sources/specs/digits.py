"""1,797 handwritten digits of 8 × 8 pixels, which scikit-learn contains: small enough for a demo and for tests.

They are the test images of Alpaydin & Kaynak 1998 (https://doi.org/10.24432/C50P49), licence CC BY 4.0.
"""

import numpy as np

from latente.data.images import Images
from latente.project.sections import Data, Fetch
from latente.sources import own
from latente.sources.known import Files, Say


def fetch(_: Data, __: Fetch, say: Say) -> Files:
    """Read the images from scikit-learn, and stretch their 17 grey levels to 0..255."""
    from sklearn.datasets import load_digits  # noqa: PLC0415 (slow to import, and only needed here)

    found = load_digits()
    pixels = np.rint(found.data * (255 / 16)).astype(np.uint8)
    say(f"{len(pixels)} images from scikit-learn")
    images = Images(pixels, found.target.astype(np.uint8), tuple("0123456789"))
    return own.describe(
        images,
        name="digits",
        title="the digits of scikit-learn",
        noun="digit",
        upside_down=(2, 3, 4, 5, 7),
        turned=(2, 3, 4, 5, 6, 7, 9),
    )
