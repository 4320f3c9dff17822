"""Stitching: the encoder of one training, a linear map, and the decoder of another."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Annotated

import numpy as np
import torch
from jaxtyping import Bool, Float, Int64
from matplotlib.figure import Figure
from pydantic import Field
from torch import Tensor

from latente.codes.latents import Latents
from latente.data import batches
from latente.data.images import Images, check_classes
from latente.data.sampling import stratified
from latente.measures import linear_map
from latente.measures.judge.ensemble import Judge, predict
from latente.models.network.autoencoder import Autoencoder
from latente.models.network.objectives import bernoulli_distortion
from latente.project.types import Section, Seed
from latente.results import figures
from latente.results.grid import Grid
from latente.results.labels import label
from latente.results.measurement import Measurement
from latente.results.pairs import of_models, pair, spread
from latente.results.result import Result

Codes = Float[np.ndarray, "images latent"]
Logits = Float[Tensor, "images pixels"]


class Options(Section):
    """Number of test images that the judge classifies; seed of the choice of images."""

    images: Annotated[int, Field(ge=100, le=10_000)]
    seed: Seed


@dataclass(frozen=True)
class Trained:
    """The result of one training: the model, and its mean codes of the training and test images."""

    net: Autoencoder
    train: Float[np.ndarray, "train latent"]
    test: Float[np.ndarray, "test latent"]


@dataclass(frozen=True)
class Exam:
    """The reference for decoded images: all test images for pixel errors, and some (`asked`) for the judge."""

    x: Float[Tensor, "images pixels"]
    label: Int64[Tensor, " images"]
    asked: Int64[Tensor, " asked"]
    judge: Judge


@torch.no_grad()
def analyse(nets: Grid[Autoencoder], codes: Grid[Latents], test: Images, judge: Judge, options: Options) -> Result:
    """Decode the mean test codes of every training with its own decoder, and with the decoders of other trainings.

    A model with its own decoder and no map gives the reference (`own.*`). Two models are stitched in both directions
    (subject `ae-vae`, levels `ae_to_vae` and `vae_to_ae`): from one seed, and from every seed to the next seed, the
    last seed to the first (level `two_seeds`). Within a model, every seed is stitched to the next seed (subject
    `ae-ae`, the reference; its level `spread` says how much this number varies). All pairs of five seeds would take
    four times as long. The subject `test_images` has the accuracy of the judge on the images themselves.
    """
    exam = _exam(test, judge, options)
    trained = nets.zip(codes).map(lambda both: Trained(both[0], both[1].only("train").mean, both[1].only("test").mean))
    measurements: dict[str, dict[str, Measurement]] = trained.map(lambda one: _own(one, exam)).by_name
    for a, b in of_models(list(trained)):
        measurements[pair(a, b)] = _between(trained, (a, b), exam)
    for model, seeds in trained.items():
        within = {pair(s, t): stitch(seeds[s], seeds[t], exam) for s, t in next_seeds(list(seeds))}
        measurements |= {pair(model, model): within | spread(within)} if within else {}
    measurements["test_images"] = {"data": Measurement.over_images(_recognised(exam.x, exam))}
    return Result(measurements, {"stitched": _draw(trained.first, exam)})


def stitch(source: Trained, target: Trained, exam: Exam) -> Measurement:
    """Measure the encoder of the source, followed by a linear map and the decoder of the target.

    Returns:
        r2: Share of the variance of the target's mean test codes that the mapped codes explain, as in `linear_map.r2`.
        mse, distortion_at_mean, judge_accuracy: Errors of the decoded images, as in `errors`.

    References:
        Lenc & Vedaldi 2015, https://arxiv.org/abs/1411.5908; Bansal et al. 2021, https://arxiv.org/abs/2106.07682
        (they train the map on the task; here it is a regression between codes, without images)
    """
    carried = linear_map.carry((source.train, source.test), target.train)
    explained = Measurement.recomputed(
        {"r2": lambda kept: linear_map.r2(target.test[kept], carried[kept])}, len(carried)
    )
    return explained | errors(target.net.decode(torch.tensor(carried)), exam)


def errors(logits: Logits, exam: Exam) -> Measurement:
    """Compare decoded images with the test images.

    Returns:
        mse: Squared error per pixel, grey levels in [0, 1]; lower is better.
        distortion_at_mean: Negative log-likelihood of the test images, in nats per image; lower is better.
        judge_accuracy: Share of images that the judge assigns to the class of the test image, for some images; higher
            is better. Images without labels have none.
    """
    x = logits.sigmoid()
    return Measurement.over_images(
        {
            "mse": (x - exam.x).square().mean(-1).double().numpy(),
            "distortion_at_mean": bernoulli_distortion(logits, exam.x).double().numpy(),
            **_recognised(x, exam),
        }
    )


def next_seeds(seeds: Sequence[int]) -> list[tuple[int, int]]:
    """Pairs of every seed and the next seed, and of the last seed and the first; none for a single seed.

    Example:
        >>> next_seeds([0, 1, 2]), next_seeds([0])
        ([(0, 1), (1, 2), (2, 0)], [])
    """
    return list(zip(seeds, [*seeds[1:], seeds[0]], strict=True)) if len(seeds) > 1 else []


def _own(one: Trained, exam: Exam) -> Measurement:
    return errors(one.net.decode(torch.tensor(one.test)), exam).under("own")


def _between(trained: Grid[Trained], models: tuple[str, str], exam: Exam) -> dict[str, Measurement]:
    """Two models in both directions, from one seed and from two seeds."""
    a, b = models

    def both(s: int, t: int) -> Measurement:
        there, back = stitch(trained[a][s], trained[b][t], exam), stitch(trained[b][t], trained[a][s], exam)
        return there.under(f"{a}_to_{b}") | back.under(f"{b}_to_{a}")

    one_seed = {str(seed): both(seed, seed) for seed in trained[a]}
    return one_seed | {pair(s, t): both(s, t).under("two_seeds") for s, t in next_seeds(list(trained[a]))}


def _exam(test: Images, judge: Judge, options: Options) -> Exam:
    check_classes(test)
    asked = stratified(test.labels, min(options.images, len(test)), options.seed)
    return Exam(batches.whole(test), torch.tensor(test.labels).long(), torch.tensor(asked), judge)


def _recognised(x: Float[Tensor, "images pixels"], exam: Exam) -> dict[str, Bool[np.ndarray, " asked"]]:
    """Whether the judge assigns an image to the class of the test image, for some images; empty without labels."""
    if exam.judge.networks[0].outlier < 2:  # the number of its classes
        return {}
    return {"judge_accuracy": (predict(exam.judge, x[exam.asked]).label == exam.label[exam.asked]).numpy()}


def _draw(trained: dict[str, Trained], exam: Exam) -> Figure:
    """Draw some images: the original, decoded by each model, and stitched (first seed).

    There is one image of every class; without labels, there are ten images.
    """
    labels = exam.label[exam.asked]
    first = [exam.asked[labels == value][0] for value in labels.unique()]
    shown = (torch.stack(first) if len(first) > 1 else exam.asked[:10]).numpy()
    rows = {"original": exam.x[shown].numpy()}
    for model, one in trained.items():
        rows[label(model)] = _pictures(one.net, one.test[shown])
    for a, b in permutations(trained, 2):
        carried = linear_map.carry((trained[a].train, trained[a].test), trained[b].train)
        rows[f"{label(a)} → {label(b)}"] = _pictures(trained[b].net, carried[shown])
    return figures.image_rows(rows)


def _pictures(net: Autoencoder, z: Codes) -> Float[np.ndarray, "images pixels"]:
    return net.decode(torch.tensor(z)).sigmoid().numpy()
