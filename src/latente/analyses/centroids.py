"""Centroids: the image decoded from each class's mean code."""

import numpy as np
import torch
from jaxtyping import Float

from latente import figures, groups, pairs
from latente.autoencoder import Autoencoder
from latente.data import mnist
from latente.data.mnist import CLASSES, Images
from latente.groups import Replicates
from latente.judge import Classifier, opinion
from latente.latents import Latents
from latente.result import Grid, Result

Pictures = Float[np.ndarray, "classes 784"]
LeftOut = Float[np.ndarray, "parts classes 784"]
"""Pictures from all training images, then without each group of them."""


def analyse(nets: Grid[Autoencoder], codes: Grid[Latents], train: Images, judge: Classifier) -> Result:
    """Decode the mean training code of each class, and compare the images.

    With the pixel mean of the class (`pixel_mean_correlation`, `pixel_mean_mse`), with those of another model from the
    same seed (subject `ae~vae`), with those of the same model from another seed (subject `ae~ae`, the yardstick); and
    ask the judge (`judge_accuracy`, `judge_confidence`). `residual_correlation` is what two models have in common
    beyond the pixel mean. The subject `train_images` says how near a single image comes to the pixel mean of its class.
    """
    mnist.check_classes(train.labels)
    grey = train.pixels.astype(np.float32) / 255
    means = groups.class_means(grey, train.labels)
    pictures = {
        model: {seed: _decoded(net, codes[model][seed].only("train")) for seed, net in seeds.items()}
        for model, seeds in nets.items()
    }
    near = {model: {str(seed): _near(mine, means) for seed, mine in seeds.items()} for model, seeds in pictures.items()}
    alike = pairs.compare(pictures, lambda a, b: _alike(a, b, means))
    single = _rows_correlation(grey, means[0][train.labels])
    compared = {**near, **alike}
    scores = {subject: {seed: _value(each) for seed, each in seeds.items()} for subject, seeds in compared.items()}
    for model, seeds in pictures.items():
        for seed, mine in seeds.items():
            scores[model][str(seed)] |= _judged(judge, mine[0])
    scores["pixel_mean"] = {"data": _judged(judge, means[0])}
    scores["train_images"] = {"data": {"pixel_mean_correlation": float(single.mean())}}
    replicates = {subject: {seed: _rest(each) for seed, each in seeds.items()} for subject, seeds in compared.items()}
    replicates["train_images"] = {"data": {"pixel_mean_correlation": groups.left_out(single)}}
    rows = {"pixel mean": means[0]} | {figures.label(m): next(iter(seeds.values()))[0] for m, seeds in pictures.items()}
    drawn = figures.image_rows(rows, titles=[str(digit) for digit in range(CLASSES)])
    return Result(scores, {"centroids": drawn}, replicates)


def likeness(a: Pictures, b: Pictures) -> dict[str, float]:
    """How alike two rows of images are, image by image.

    Returns:
        `correlation` of pixels in [-1, 1], higher is more alike; `mse` per pixel, lower is more alike; both are means
        over the classes.
    """
    return {"correlation": float(_rows_correlation(a, b).mean()), "mse": float(np.square(a - b).mean())}


def residual_correlation(a: Pictures, b: Pictures, means: Pictures) -> float:
    """Correlation of two rows of images after the part of each that is linear in the class's pixel mean is taken out.

    Returns:
        Mean over the classes, in [-1, 1]; near 0 if the images are alike only because both are near the pixel mean.
    """
    return float(_rows_correlation(_residual(a, means), _residual(b, means)).mean())


def _residual(images: Pictures, means: Pictures) -> Pictures:
    x, m = images - images.mean(1, keepdims=True), means - means.mean(1, keepdims=True)
    slope = (x * m).sum(1, keepdims=True) / np.square(m).sum(1, keepdims=True)
    return np.asarray(x - slope * m)


def _rows_correlation(a: Float[np.ndarray, "rows 784"], b: Float[np.ndarray, "rows 784"]) -> Float[np.ndarray, " rows"]:
    """Pearson correlation of the pixels of each row with those of the same row of the other; 0 for an even image."""
    a, b = a - a.mean(1, keepdims=True), b - b.mean(1, keepdims=True)
    norms = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    return np.asarray((a * b).sum(1) / np.maximum(norms, np.finfo(np.float32).tiny))


def _near(mine: LeftOut, means: LeftOut) -> dict[str, Float[np.ndarray, " parts"]]:
    every = [likeness(one, mean) for one, mean in zip(mine, means, strict=True)]
    return {f"pixel_mean_{name}": np.array([each[name] for each in every]) for name in every[0]}


def _alike(a: LeftOut, b: LeftOut, means: LeftOut) -> dict[str, Float[np.ndarray, " parts"]]:
    every = [
        likeness(one, other) | {"residual_correlation": residual_correlation(one, other, mean)}
        for one, other, mean in zip(a, b, means, strict=True)
    ]
    return {name: np.array([each[name] for each in every]) for name in every[0]}


def _value(metrics: dict[str, Float[np.ndarray, " parts"]]) -> dict[str, float]:
    return {name: float(values[0]) for name, values in metrics.items()}


def _rest(metrics: dict[str, Float[np.ndarray, " parts"]]) -> dict[str, Replicates]:
    return {name: values[1:] for name, values in metrics.items()}


@torch.no_grad()
def _decoded(net: Autoencoder, codes: Latents) -> LeftOut:
    centroids = groups.class_means(codes.mean, codes.label).astype(np.float32)
    return net.decode(torch.tensor(centroids)).sigmoid().numpy()


def _judged(judge: Classifier, images: Pictures) -> dict[str, float]:
    said = opinion(judge, torch.tensor(images, dtype=torch.float32))
    right = said.digit == torch.arange(CLASSES)
    return {
        "judge_accuracy": float(right.double().mean()),
        "judge_confidence": float(said.confidence.double().mean()),
    }
