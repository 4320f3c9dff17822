"""Centroids: the image decoded from each class's mean code."""

import numpy as np
import torch
from jaxtyping import Float

from latente import figures, pairs
from latente.autoencoder import Autoencoder
from latente.data.mnist import CLASSES, Images
from latente.judge import Classifier, opinion
from latente.latents import Latents
from latente.result import Grid, Result

Pictures = Float[np.ndarray, "classes 784"]


def analyse(nets: Grid[Autoencoder], codes: Grid[Latents], train: Images, judge: Classifier) -> Result:
    """Decode the mean training code of each class, and compare the images.

    With the pixel mean of the class (`pixel_mean_correlation`, `pixel_mean_mse`), with those of another model from the
    same seed (subject `ae~vae`), with those of the same model from another seed (subject `ae~ae`, the yardstick); and
    ask the judge (`judge_accuracy`, `judge_confidence`).
    """
    means = np.stack([train.pixels[train.labels == digit].mean(0) / 255 for digit in range(CLASSES)]).astype(np.float32)
    pictures = {
        model: {seed: _decoded(net, codes[model][seed].only("train")) for seed, net in seeds.items()}
        for model, seeds in nets.items()
    }
    scores = {
        model: {
            str(seed): _judged(judge, mine) | {f"pixel_mean_{k}": v for k, v in likeness(mine, means).items()}
            for seed, mine in seeds.items()
        }
        for model, seeds in pictures.items()
    }
    rows = {"pixel mean": means} | {figures.label(m): next(iter(seeds.values())) for m, seeds in pictures.items()}
    drawn = figures.image_rows(rows, titles=[str(digit) for digit in range(CLASSES)])
    return Result(
        {**scores, **pairs.compare(pictures, likeness), "pixel_mean": {"data": _judged(judge, means)}},
        {"centroids": drawn},
    )


def likeness(a: Pictures, b: Pictures) -> dict[str, float]:
    """How alike two rows of images are, image by image.

    Returns:
        `correlation` of pixels in [-1, 1], higher is more alike; `mse` per pixel, lower is more alike; both are means
        over the classes.
    """
    correlations = [np.corrcoef(one, other)[0, 1] for one, other in zip(a, b, strict=True)]
    return {"correlation": float(np.mean(correlations)), "mse": float(np.square(a - b).mean())}


@torch.no_grad()
def _decoded(net: Autoencoder, codes: Latents) -> Pictures:
    centroids = np.stack([codes.mean[codes.label == digit].mean(0) for digit in range(CLASSES)])
    return net.decode(torch.tensor(centroids)).sigmoid().numpy()


def _judged(judge: Classifier, images: Pictures) -> dict[str, float]:
    said = opinion(judge, torch.tensor(images))
    right = said.digit == torch.arange(CLASSES)
    return {
        "judge_accuracy": float(right.double().mean()),
        "judge_confidence": float(said.confidence.double().mean()),
    }
