"""The judge measured: on real images that it has not seen, and on outliers of eighteen kinds."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int64
from matplotlib.figure import Figure
from torch import Generator, Tensor

from latente.data import batches
from latente.data.description import Description
from latente.data.images import Images
from latente.data.splits import Splits
from latente.measures.judge import calibration, ensemble
from latente.measures.judge.ensemble import Judge, predict
from latente.measures.judge.outliers import HELD_OUT, TRAINED, Kind, Real
from latente.project import sections
from latente.results import figures
from latente.results.labels import colour
from latente.results.measurement import Measurement
from latente.results.result import Result

_EXAMPLES = 14  # images of each kind in the figure


@dataclass(frozen=True)
class Answers:
    """What the judge says about images of one kind.

    Attributes:
        examples: The first images.
        label: The most probable class of each image.
        confidence: Its probability.
        accepted: Whether the judge accepts the image.
    """

    examples: Float[Tensor, "examples pixels"]
    label: Int64[np.ndarray, " images"]
    confidence: Float[np.ndarray, " images"]
    accepted: Bool[np.ndarray, " images"]


def analyse(judge: Judge, images: Splits, data: Description, options: sections.Judge) -> Result:
    """Measure the judge.

    Subjects and metrics:
        test_images, validation_images: `accuracy`, `accepted`.
        test_images: `accepted_right`, `calibration_error`, and `sweep.PERCENT.accepted`.
        outliers: `held_out.KIND.accepted` (made from test images), `trained.KIND.accepted` (made from validation
            images), and `sweep.PERCENT.accepted`, the mean over the six kinds of `held_out`.

    `accepted` is a share of images: higher is better for real images, lower for outliers. `accepted_right` is the
    share of images that the judge accepts and classifies correctly. PERCENT is the share of validation images that
    another threshold accepts.

    Args:
        judge: The trained judge.
        images: Validation and test images.
        data: The data set of the images.
        options: Share of the validation images that the judge accepts, and the seed of the outliers.
    """
    validation, test = (_ask(judge, batches.whole(part)) for part in (images.validation, images.test))
    held_out = _ask_about(judge, HELD_OUT, (images.test, data), options.seed)
    trained = _ask_about(judge, TRAINED, (images.validation, data), options.seed)
    thresholds = ensemble.sweep(validation.confidence)
    kinds = _kinds(held_out).under("held_out") | _kinds(trained).under("trained")
    measured = {
        "test_images": _real(test, images.test) | _beyond(test, images.test) | _sweep({"": test}, thresholds),
        "validation_images": _real(validation, images.validation),
        "outliers": kinds | _sweep(held_out, thresholds),
    }
    drawn = {"kinds": _examples(held_out, trained), "sweep": _curves(validation, test, held_out, options.accept)}
    return Result({subject: {"data": measurement} for subject, measurement in measured.items()}, drawn)


def _ask(judge: Judge, x: Float[Tensor, "images pixels"]) -> Answers:
    said = predict(judge, x)
    return Answers(x[:_EXAMPLES].clone(), said.label.numpy(), said.confidence.double().numpy(), said.accepted)


def _ask_about(
    judge: Judge, kinds: Mapping[str, Kind], real: tuple[Images, Description], seed: int
) -> dict[str, Answers]:
    """Kind -> what the judge says about outliers of this kind, if at least two images can become outliers of it."""
    images, data = real
    given, generator = (
        Real(batches.whole(images), torch.tensor(images.labels).long(), data),
        Generator().manual_seed(seed),
    )
    made = {name: make(given, generator) for name, make in kinds.items()}
    return {name: _ask(judge, x) for name, x in made.items() if len(x) > 1}


def _real(answers: Answers, images: Images) -> Measurement:
    right = {"accuracy": answers.label == images.labels} if images.are_labelled else {}
    return Measurement.over_images({**right, "accepted": answers.accepted})


def _beyond(answers: Answers, images: Images) -> Measurement:
    """More numbers of the test images, if they have labels."""
    if not images.are_labelled:
        return Measurement({})
    right = answers.label == images.labels
    error = calibration.calibration_error(answers.confidence, right)
    return Measurement.over_images({"accepted_right": answers.accepted & right}) | Measurement(
        {"calibration_error": error}
    )


def _kinds(answers: Mapping[str, Answers]) -> Measurement:
    return Measurement.over_images({f"{kind}.accepted": each.accepted for kind, each in answers.items()})


def _sweep(answers: Mapping[str, Answers], thresholds: Mapping[str, float]) -> Measurement:
    """The share that other thresholds accept, mean over kinds."""
    by_kind = [
        Measurement.over_images({f"{name}.accepted": each.confidence > value for name, value in thresholds.items()})
        for each in answers.values()
    ]
    return Measurement(
        {name: float(np.mean([one.metrics[name] for one in by_kind])) for name in by_kind[0].metrics},
        {name: np.mean([one.replicates[name] for one in by_kind], axis=0) for name in by_kind[0].replicates},
    ).under("sweep")


def _examples(held_out: Mapping[str, Answers], trained: Mapping[str, Answers]) -> Figure:
    """Examples of every kind; a thick frame marks those that the judge accepts."""
    rows = {kind.replace("_", " "): each for kind, each in {**held_out, **trained}.items()}
    return figures.image_rows(
        {name: each.examples.numpy() for name, each in rows.items()},
        framed={name: each.accepted[:_EXAMPLES] for name, each in rows.items()},
    )


def _curves(validation: Answers, test: Answers, held_out: Mapping[str, Answers], accept: float) -> Figure:
    """The accepted share of real images and of every held-out kind, for all thresholds."""
    shares = np.linspace(0.5, 0.995, 100)
    thresholds = np.quantile(validation.confidence, 1 - shares, method="lower")
    drawn = figures.figure(height=3.6)
    axes = drawn.subplots()
    for index, (name, each) in enumerate({"real test images": test, **held_out}.items()):
        share = [(each.confidence > threshold).mean() for threshold in thresholds]
        line = {"color": colour(index - 1), "linestyle": "-"} if index else {"color": "black", "linestyle": "--"}
        axes.plot(shares, share, label=name.replace("_", " "), color=line["color"], linestyle=line["linestyle"])
    axes.axvline(accept, color="0.6", linewidth=1)
    axes.set(ylim=(-0.02, 1.02), xlabel="share of validation images accepted", ylabel="share accepted")
    axes.spines[["top", "right"]].set_visible(False)
    drawn.legend(loc="outside right center", frameon=False)
    return drawn
