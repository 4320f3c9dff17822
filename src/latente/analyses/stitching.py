"""Stitching: the encoder of one training, a linear map, and the decoder of another."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, permutations
from typing import Annotated

import numpy as np
import torch
from jaxtyping import Float, Int64
from matplotlib.figure import Figure
from pydantic import Field
from sklearn.linear_model import LinearRegression
from sklearn.metrics import r2_score
from torch import Tensor

from latente import figures
from latente.autoencoder import Autoencoder
from latente.data import batches, mnist
from latente.data.mnist import CLASSES, Images
from latente.data.splits import stratified
from latente.judge import Classifier, opinion
from latente.latents import Latents
from latente.objectives import bernoulli_distortion
from latente.params import Section, Seed
from latente.result import Grid, Result

Codes = Float[np.ndarray, "images latent"]
Logits = Float[Tensor, "images 784"]


class Options(Section):
    """Test images that the judge is asked about; seed of their choice and of the images shown."""

    images: Annotated[int, Field(ge=100, le=10_000)]
    seed: Seed


@dataclass(frozen=True)
class Trained:
    """What one training made: a decoder, and its mean codes of the training and of the test images."""

    net: Autoencoder
    train: Float[np.ndarray, "train latent"]
    test: Float[np.ndarray, "test latent"]


@dataclass(frozen=True)
class Exam:
    """What decoded images are held against: the test images, all of them in pixels, some of them by the judge."""

    x: Float[Tensor, "images 784"]
    digit: Int64[Tensor, " images"]
    asked: Int64[Tensor, " asked"]
    judge: Classifier


@torch.no_grad()
def analyse(nets: Grid[Autoencoder], codes: Grid[Latents], test: Images, judge: Classifier, options: Options) -> Result:
    """Decode the mean test codes of every training with its own decoder, and with those of others.

    A model with its own decoder and no map is the floor (`own.*`). Two models are stitched from one seed, in both
    directions (subject `ae~vae`, levels `ae_to_vae` and `vae_to_ae`); a seed of one model is stitched to the next seed,
    and the last to the first (subject `ae~ae`, the yardstick; all pairs of five seeds would take four times as long).
    The subject `test_images` holds what the judge says of the images themselves.
    """
    exam = _exam(test, judge, options)
    made = {m: {seed: _trained(net, codes[m][seed]) for seed, net in seeds.items()} for m, seeds in nets.items()}
    own = {model: {str(seed): _own(one, exam) for seed, one in seeds.items()} for model, seeds in made.items()}
    between = {
        f"{a}~{b}": {str(seed): _both_ways(a, made[a][seed], b, made[b][seed], exam) for seed in made[a]}
        for a, b in combinations(sorted(made), 2)
    }
    within = {
        f"{model}~{model}": {f"{a}~{b}": stitch(seeds[a], seeds[b], exam) for a, b in next_seeds(list(seeds))}
        for model, seeds in made.items()
        if len(seeds) > 1
    }
    real = {"test_images": {"data": {"judge_accuracy": _judge_accuracy(exam.x, exam)}}}
    return Result({**own, **between, **within, **real}, {"stitched": _draw(made, exam)})


def stitch(source: Trained, target: Trained, exam: Exam) -> dict[str, float]:
    """The encoder of the source, a linear map, the decoder of the target.

    Returns:
        r2: Share of the variance of the target's mean test codes that the map tells from the source's; 1 is all, 0 is
            no better than their mean, below 0 is worse than that.
        The marks of the decoded images, as in `marks`.

    References:
        Lenc & Vedaldi 2015, https://arxiv.org/abs/1411.5908; Bansal et al. 2021, https://arxiv.org/abs/2106.07682
        (there the map is trained on the task; here it is a regression on the codes, which sees no image)
    """
    mapped = carry(source, target)
    r2 = float(r2_score(target.test, mapped, multioutput="variance_weighted"))
    return {"r2": r2, **marks(target.net.decode(torch.tensor(mapped)), exam)}


def carry(source: Trained, target: Trained) -> Float[np.ndarray, "test latent"]:
    """The source's test codes in the target's space, by least squares with an intercept on the training codes."""
    fitted = LinearRegression().fit(source.train.astype(np.float64), target.train.astype(np.float64))
    carried: Float[np.ndarray, "test latent"] = fitted.predict(source.test.astype(np.float64)).astype(np.float32)
    return carried


def marks(logits: Logits, exam: Exam) -> dict[str, float]:
    """How well decoded images match the test images.

    Returns:
        mse: Squared error per pixel, grey levels in [0, 1]; lower is better.
        distortion_at_mean: Negative log-likelihood of the test images, nats per image; lower is better.
        judge_accuracy: Share of some images that the judge takes for the test image's class; higher is better.
    """
    x = logits.sigmoid()
    return {
        "mse": float((x - exam.x).square().mean(-1).double().mean()),
        "distortion_at_mean": float(bernoulli_distortion(logits, exam.x).double().mean()),
        "judge_accuracy": _judge_accuracy(x, exam),
    }


def next_seeds(seeds: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Each seed with the next, the last with the first.

    Example:
        >>> list(next_seeds([0, 1, 2]))
        [(0, 1), (1, 2), (2, 0)]
    """
    return zip(seeds, [*seeds[1:], seeds[0]], strict=True)


def _trained(net: Autoencoder, codes: Latents) -> Trained:
    return Trained(net, codes.only("train").mean, codes.only("test").mean)


def _own(one: Trained, exam: Exam) -> dict[str, float]:
    return _levelled("own", marks(one.net.decode(torch.tensor(one.test)), exam))


def _both_ways(a: str, of_a: Trained, b: str, of_b: Trained, exam: Exam) -> dict[str, float]:
    forth, back = stitch(of_a, of_b, exam), stitch(of_b, of_a, exam)
    return _levelled(f"{a}_to_{b}", forth) | _levelled(f"{b}_to_{a}", back)


def _levelled(level: str, values: Mapping[str, float]) -> dict[str, float]:
    return {f"{level}.{name}": value for name, value in values.items()}


def _exam(test: Images, judge: Classifier, options: Options) -> Exam:
    mnist.check_classes(test.labels)
    asked = stratified(test.labels, min(options.images, len(test)), options.seed)
    x = batches.grey(batches.pixels(test))
    return Exam(x, torch.tensor(test.labels).long(), torch.tensor(asked), judge)


def _judge_accuracy(x: Float[Tensor, "images 784"], exam: Exam) -> float:
    said = opinion(exam.judge, x[exam.asked]).digit
    return float((said == exam.digit[exam.asked]).double().mean())


def _draw(made: Grid[Trained], exam: Exam) -> Figure:
    """One image of each class: as it is, from each model's own decoder, and stitched (first seed)."""
    shown = torch.tensor([int(exam.asked[exam.digit[exam.asked] == digit][0]) for digit in range(CLASSES)])
    first = {model: next(iter(seeds.values())) for model, seeds in made.items()}
    rows = {"original": exam.x[shown].numpy()}
    for model, one in first.items():
        rows[figures.label(model)] = _pictures(one.net, one.test[shown])
    for a, b in permutations(first, 2):
        rows[f"{figures.label(a)} → {figures.label(b)}"] = _pictures(first[b].net, carry(first[a], first[b])[shown])
    return figures.image_rows(rows)


def _pictures(net: Autoencoder, z: Codes) -> Float[np.ndarray, "images 784"]:
    return net.decode(torch.tensor(z)).sigmoid().numpy()
