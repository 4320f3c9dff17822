"""Extreme studies: an analysis gives a result or a clear error, but never NaN, which JSON does not have."""

import json
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import pytest

from latente.analyses import (
    centroids,
    gap,
    generalisation,
    geometry,
    judge,
    prior,
    projection,
    reconstruction,
    representation,
    responses,
    separation,
    stitching,
)
from latente.codes.encoding import encode
from latente.codes.latents import Latents
from latente.data.description import Description
from latente.data.images import Images
from latente.data.sampling import stratified
from latente.data.splits import Splits
from latente.errors import LatenteError
from latente.measures.judge.ensemble import Judge
from latente.models.network import factory
from latente.models.network.autoencoder import Sizes
from latente.project import params, types
from latente.results.grid import Grid
from latente.results.result import Result
from latente.stages import schema
from tests.support import DIGITS, OF_CLASSES, ROOT, UNLABELLED, mlp, unlabelled, untrained_judge

STUDY = params.load(ROOT / "tests/params.yaml")


@dataclass
class Case:
    """The input of the analyses."""

    images: Splits
    nets: Grid[Any]
    codes: Grid[Latents]
    greatest: bool

    @property
    def data(self) -> Description:
        """The data set of the images."""
        return DIGITS if self.images.test.are_labelled else UNLABELLED

    def options(self, name: str) -> Any:
        """The section of an analysis with few samples, or with the largest values that it accepts."""
        cls = schema.sections()["analyses"][name]
        section = STUDY.analyses[name] | {"samples": 60, "importance_samples": 3, "memory": 10, "images": 100}
        known = {key: value for key, value in section.items() if key in cls.model_fields}
        if self.greatest:
            known |= {key: most for key in known if (most := greatest(cls, key)) is not None}
        return cls.model_validate(known)


def case(
    parts: Splits,
    latent_dim: int,
    trainings: dict[str, list[int]],
    change: Callable[[Latents], Latents] | None,
    *,
    most: bool = False,
) -> Case:
    nets = Grid(
        {
            model: {
                seed: factory.build(
                    model, Sizes(784, latent_dim, mlp((8,))), STUDY.model(model, factory.options(model)), seed
                ).eval()
                for seed in seeds
            }
            for model, seeds in trainings.items()
        }
    )
    codes = nets.map(lambda net: encode(net, parts, 0))
    if change:
        codes = codes.map(change)
    return Case(parts, nets, codes, most)


def greatest(cls: type[types.Section], key: str) -> object:
    """The upper bound of a parameter that counts neighbours or images; None for other parameters."""
    if key not in ("neighbours", "images", "perplexity", "memory"):
        return None
    return next((bound.le for bound in cls.model_fields[key].metadata if hasattr(bound, "le")), None)


def fewest(images: Splits) -> Splits:
    """The smallest splits that params.yaml allows."""
    return Splits(
        **{
            name: part[stratified(part.labels, size, 0)]
            for name, part, size in (
                ("train", images.train, 200),
                ("validation", images.validation, 50),
                ("test", images.test, 100),
                ("judge", images.judge, 200),
            )
        }
    )


def constant(codes: Latents) -> Latents:
    return replace(codes, mean=codes.mean * 0 + np.float32(0.3), sample=codes.sample * 0 + np.float32(0.3))


def half(codes: Latents) -> Latents:
    """Every second image has the code of the first image."""
    mean, sample = codes.mean.copy(), codes.sample.copy()
    mean[::2], sample[::2] = mean[0], sample[0]
    return replace(codes, mean=mean, sample=sample)


def twice(codes: Latents) -> Latents:
    """Two neighbouring images share a code."""
    index = np.arange(len(codes.mean)) // 2 * 2
    return replace(codes, mean=codes.mean[index], sample=codes.sample[index])


def huge(codes: Latents) -> Latents:
    return replace(codes, mean=codes.mean * np.float32(1e12), sample=codes.sample * np.float32(1e12))


def only(images: Images, wanted: Callable[[np.ndarray], np.ndarray]) -> Images:
    return images[np.flatnonzero(wanted(images.labels))]


def without(images: Splits, digit: int) -> Splits:
    """The splits without one class."""
    parts = {part.name: only(getattr(images, part.name), lambda labels: labels != digit) for part in fields(images)}
    return Splits(**parts)


def lonely(images: Splits, digit: int) -> Splits:
    """The splits with only one test image of a class."""
    first = np.flatnonzero(images.test.labels == digit)[:1]
    kept = np.sort(np.r_[np.flatnonzero(images.test.labels != digit), first])
    return replace(images, test=images.test[kept])


BOTH = {"ae": [0, 1], "vae": [0, 1]}

CASES: dict[str, Callable[[Splits], Case]] = {
    "one model": lambda images: case(images, 3, {"vae": [0, 1]}, None),
    "one seed": lambda images: case(images, 3, {"ae": [4], "vae": [4]}, None),
    "one training": lambda images: case(images, 3, {"ae": [4]}, None),
    "one latent dimension": lambda images: case(images, 1, BOTH, None),
    "constant codes": lambda images: case(images, 3, BOTH, constant),
    "constant codes of one unit": lambda images: case(images, 1, {"vae": [0]}, constant),
    "half of the codes constant": lambda images: case(images, 3, BOTH, half),
    "every code twice": lambda images: case(images, 3, BOTH, twice),
    "huge codes": lambda images: case(images, 3, BOTH, huge),
    "a class without members": lambda images: case(without(images, 3), 3, BOTH, None),
    "a class of one": lambda images: case(lonely(images, 3), 3, BOTH, None),
    "more neighbours than images": lambda images: case(images, 3, BOTH, None, most=True),
}


def generalised(at: Case, referee: Judge) -> Result:
    """The analysis, with the responses of the networks; the codes may be changed."""
    asked = at.options("responses")
    found = at.nets.map(lambda net: responses.respond(net, at.images.test, at.data, referee, asked))
    pixels = responses.mix(at.images.test, referee, asked)
    return generalisation.analyse(at.codes, found, pixels, at.options("generalisation"))


ANALYSES: dict[str, Callable[[Case, Judge], Result]] = {
    "centroids": lambda at, referee: centroids.analyse(at.nets, at.codes, at.images.train, referee),
    "gap": lambda at, referee: gap.analyse(at.nets, at.codes, referee, at.options("gap")),
    "generalisation": generalised,
    "geometry": lambda at, _: geometry.analyse(at.codes, at.images.test, at.options("geometry")),
    "prior": lambda at, referee: prior.analyse(at.nets, at.codes, at.images, referee, at.options("prior")),
    "projection": lambda at, _: projection.analyse(at.codes, at.data.classes, at.options("projection")),
    "reconstruction": lambda at, _: reconstruction.analyse(at.nets, at.images, at.options("reconstruction")),
    "representation": lambda at, _: representation.analyse(at.codes, at.images, at.options("representation")),
    "separation": lambda at, _: separation.analyse(at.codes, at.images, at.options("separation")),
    "stitching": lambda at, referee: stitching.analyse(
        at.nets, at.codes, at.images.test, referee, at.options("stitching")
    ),
}


REFUSED = {
    ("constant codes", "gap"): "they have no density: a model has collapsed; lower its beta",
    ("constant codes of one unit", "gap"): "they have no density: a model has collapsed",
    ("constant codes", "generalisation"): "they have no density: a model has collapsed; lower its beta",
    ("constant codes of one unit", "generalisation"): "they have no density: a model has collapsed",
    ("a class without members", "centroids"): "no image of class 3 in .*; choose more images in `split`",
    ("a class without members", "stitching"): "no image of class 3 in .*; choose more images in `split`",
}
"""(case, analysis) -> its error. All other pairs give a result."""


@pytest.mark.slow
@pytest.mark.parametrize("analysis", list(ANALYSES))
@pytest.mark.parametrize("name", list(CASES))
@pytest.mark.filterwarnings("ignore")
def test_an_analysis_gives_a_result_or_refuses(images: Splits, name: str, analysis: str) -> None:
    """The result has valid JSON numbers and figures; otherwise, the error says what is wrong."""
    at, referee = CASES[name](fewest(images)), untrained_judge(0.05)
    if reason := REFUSED.get((name, analysis)):
        with pytest.raises(LatenteError, match=reason):
            ANALYSES[analysis](at, referee)
        return
    found = ANALYSES[analysis](at, referee).files(analysis)
    contents = [content for file, content in found.items() if file.suffix == ".json"]
    assert contents
    for content in contents:
        json.loads(content, parse_constant=pytest.fail)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_without_labels_no_number_is_about_classes(images: Splits) -> None:
    """Analyses of classes have no numbers at all, and the others none that compares classes; all numbers are finite."""
    at, referee = case(unlabelled(fewest(images)), 3, BOTH, None), untrained_judge(0.05, 1)
    found = {name: analyse(at, referee) for name, analyse in ANALYSES.items()}
    found["judge"] = judge.analyse(referee, at.images, at.data, STUDY.judge)
    measured = {
        name: {metric for seeds in one.measurements.values() for own in seeds.values() for metric in own.metrics}
        for name, one in found.items()
    }
    for name, one in found.items():
        one.files(name)  # an error if a number is not finite
    assert {name for name, metrics in measured.items() if not metrics} == {"centroids", "separation"}
    assert not [metric for metrics in measured.values() for metric in metrics if OF_CLASSES.search(metric)]
    assert "calibration_error" not in measured["judge"]
