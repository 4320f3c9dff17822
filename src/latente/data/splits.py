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
    """Training images, validation images that choose the best epoch, and test images that only the analyses use."""

    train: Images
    validation: Images
    test: Images


def load(folder: Path, split: Split) -> Splits:
    """Read the canonical files and split them.

    Args:
        folder: Folder with the four uncompressed IDX files.
        split: Sizes and seed. With the full test set, the test images keep the canonical order.
    """
    images, test = mnist.load(folder)
    order = stratified(images.labels, split.train + split.validation, split.seed)
    train, validation = two_parts(images.labels[order], split.train, split.seed)
    return Splits(
        train=images[order[train]],
        validation=images[order[validation]],
        test=test[np.sort(stratified(test.labels, split.test, split.seed))],
    )
