"""The fixed, stratified split into training, validation and test images."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from latente.data import mnist
from latente.data.mnist import Images
from latente.data.sampling import stratified, two_parts
from latente.project.sections import Split


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
    """Read the canonical files and split them.

    The images of the judge are drawn first. They are the same for every number of training images, so a smaller study
    can use the same judge.

    Args:
        folder: Folder with the four uncompressed IDX files.
        split: Sizes, seed, and whether the test images are drawn from all images. If they are not, they are canonical
            test images in the canonical order.
    """
    images, test = _pooled(*mnist.load(folder), split) if split.pool else mnist.load(folder)
    judge, others = two_parts(images.labels, split.judge, split.seed)
    order = others[stratified(images.labels[others], split.train + split.validation, split.seed)]
    train, validation = two_parts(images.labels[order], split.train, split.seed)
    return Splits(
        train=images[order[train]],
        validation=images[order[validation]],
        test=test[np.sort(stratified(test.labels, split.test, split.seed))],
        judge=images[judge],
    )


def _pooled(images: Images, test: Images, split: Split) -> tuple[Images, Images]:
    """As many training and test images as before, drawn from all images together."""
    every = Images(np.concatenate([images.pixels, test.pixels]), np.concatenate([images.labels, test.labels]))
    drawn, others = two_parts(every.labels, len(test), split.seed)
    return every[others], every[drawn]
