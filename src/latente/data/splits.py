"""The fixed, stratified split into training, validation and test images."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from latente.data import description, stored
from latente.data.description import Sizes
from latente.data.images import Images, check_classes
from latente.data.sampling import stratified, two_parts
from latente.errors import DataError
from latente.project.sections import Split

_LEAST = 40  # test images: `gap` sorts them into tenths, and leaves out each of twenty groups


@dataclass(frozen=True)
class Splits:
    """The images of each part; no image is in two parts.

    Attributes:
        train: Train the models.
        validation: Choose the best epoch of a model, and the threshold of the judge.
        test: Only the analyses use them.
        judge: Train the judge. No model sees them.
    """

    train: Images
    validation: Images
    test: Images
    judge: Images


def load(folder: Path, split: Split) -> Splits:
    """Read the images of a data set and split them.

    The images of the judge are drawn first. They are the same for every number of training images, so a smaller study
    can use the same judge.

    Args:
        folder: Folder of the fetched data set.
        split: Sizes, seed, and whether the test images are drawn from all images. If they are not, they are the test
            images of the data set, in their order. A data set without test images draws them from all images.

    Raises:
        DataError: The data set has fewer images than the split needs, a part has no image of a class, or the test
            images are too few for the analyses.
    """
    sizes = resolve(split, description.load(folder).split)
    images, test = _parts(folder, split, sizes)
    _check(sizes, images, test)
    judge, others = two_parts(images.labels, sizes.judge, split.seed)
    order = others[stratified(images.labels[others], sizes.train + sizes.validation, split.seed)]
    train, validation = two_parts(images.labels[order], sizes.train, split.seed)
    parts = Splits(
        train=images[order[train]],
        validation=images[order[validation]],
        test=test[np.sort(stratified(test.labels, sizes.test, split.seed))],
        judge=images[judge],
    )
    for part in ("train", "test", "judge"):
        check_classes(getattr(parts, part), part)
    return parts


def resolve(split: Split, automatic: Sizes) -> Sizes:
    """The number of images in each part.

    Args:
        split: Of params.yaml.
        automatic: Of the data set, for every part where `split` says `auto`.
    """
    own = {part: getattr(split, part) for part in Sizes.model_fields}
    return Sizes(**automatic.model_dump() | {part: size for part, size in own.items() if size != "auto"})


def _parts(folder: Path, split: Split, sizes: Sizes) -> tuple[Images, Images]:
    """All images that are no test images, and all test images. A pooled draw has as many test images as before."""
    images, test = stored.load(folder)
    if test is not None and not split.pool:
        return images, test
    every = images if test is None else images + test
    drawn, others = two_parts(every.labels, sizes.test if test is None else len(test), split.seed)
    return every[others], every[drawn]


def _check(sizes: Sizes, images: Images, test: Images) -> None:
    if sizes.test < _LEAST:
        raise DataError(f"`split.test` is {sizes.test}; the analyses need at least {_LEAST} test images")
    wanted = sizes.train + sizes.validation + sizes.judge
    if wanted > len(images) or sizes.test > len(test):
        raise DataError(
            f"`split` wants {wanted:,} images for training, validation and judge, and {sizes.test:,} for the test; the "
            f"data set has {len(images):,} and {len(test):,}"
        )
