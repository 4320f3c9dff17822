"""Centroids: the image decoded from the mean code of each class."""

import numpy as np
import torch
from jaxtyping import Float

from latente.codes.latents import Latents
from latente.data.images import Images, check_classes
from latente.measures import image_similarity as similarity
from latente.measures.judge.ensemble import Judge, predict
from latente.models.network.autoencoder import Autoencoder
from latente.results import figures, jackknife, pairs
from latente.results.grid import Grid
from latente.results.labels import label
from latente.results.measurement import Measurement
from latente.results.result import Result

Pictures = Float[np.ndarray, "classes pixels"]
PictureParts = Float[np.ndarray, "parts classes pixels"]
"""Part 0 uses all training images; every other part leaves out one group of images."""


def analyse(nets: Grid[Autoencoder], codes: Grid[Latents], train: Images, judge: Judge) -> Result:
    """Decode the mean training code of each class, and compare the images.

    The analysis compares every decoded image with three others: the pixel mean of its class (`pixel_mean_correlation`,
    `pixel_mean_mse`), the image of another model from the same seed (subject `ae-vae`), and the image of the same model
    from another seed (subject `ae-ae`, the reference). `residual_correlation` is the similarity of two models beyond
    the pixel mean. The judge classifies the images (`judge_accuracy`, `judge_confidence`). The subject `train_images`
    has the mean correlation of a single training image with the pixel mean of its class. Images without labels have no
    centroids.
    """
    if not train.are_labelled:
        return Result.without_labels()
    check_classes(train)
    grey = train.grey
    means = jackknife.class_means(grey, train.labels)
    pictures = nets.zip(codes).map(lambda training: _decoded(*training))
    measurements: dict[str, dict[str, Measurement]] = pictures.map(lambda own: _own(own, means, judge)).by_name
    measurements |= pairs.compare(pictures, lambda a, b: _compared(a, b, means))
    single = similarity.correlations(grey, means[0][train.labels])
    measurements["pixel_mean"] = {"data": _judged(judge, means[0])}
    measurements["train_images"] = {"data": Measurement.over_images({"pixel_mean_correlation": single})}
    rows = {"pixel mean": means[0]} | {label(model): parts[0] for model, parts in pictures.first.items()}
    drawn = figures.image_rows(rows, titles=train.names)
    return Result(measurements, {"centroids": drawn})


@torch.no_grad()
def _decoded(net: Autoencoder, codes: Latents) -> PictureParts:
    train = codes.only("train")
    centroids = jackknife.class_means(train.mean, train.label).astype(np.float32)
    return net.decode(torch.tensor(centroids)).sigmoid().numpy()


def _own(pictures: PictureParts, means: PictureParts, judge: Judge) -> Measurement:
    """Compare the centroid images of one training with the pixel means, and classify them with the judge."""
    likeness = [similarity.likeness(*part) for part in zip(pictures, means, strict=True)]
    named = [{f"pixel_mean_{name}": value for name, value in part.items()} for part in likeness]
    return _parts(named) | _judged(judge, pictures[0])


def _compared(a: PictureParts, b: PictureParts, means: PictureParts) -> Measurement:
    """Compare the centroid images of two trainings."""
    return _parts(
        [
            similarity.likeness(one, other)
            | {"residual_correlation": similarity.residual_correlation(one, other, mean)}
            for one, other, mean in zip(a, b, means, strict=True)
        ]
    )


def _parts(values: list[dict[str, float]]) -> Measurement:
    return Measurement.from_parts({name: np.array([part[name] for part in values]) for name in values[0]})


def _judged(judge: Judge, images: Pictures) -> Measurement:
    prediction = predict(judge, torch.tensor(images, dtype=torch.float32))
    right = prediction.label == torch.arange(len(images))
    return Measurement(
        {
            "judge_accuracy": float(right.double().mean()),
            "judge_confidence": float(prediction.confidence.double().mean()),
        }
    )
