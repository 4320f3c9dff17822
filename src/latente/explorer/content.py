"""Everything that the page knows: one value for JSON, and blocks of bytes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from latente.analyses import gap, prior, projection, representation
from latente.data import batches
from latente.data.description import Description
from latente.data.images import Images
from latente.data.sampling import stratified
from latente.data.splits import Splits
from latente.explorer import densities, evidence, factors, judging, pictures, spaces
from latente.explorer.blocks import Block
from latente.explorer.spaces import Chosen, Space
from latente.measures.judge import ensemble
from latente.measures.judge.ensemble import Judge
from latente.results import records
from latente.results.labels import class_colour, colour, label

MOST_MODELS = 4
"""The page has room for the decoders of so many models."""

_LARGEST_PAGE = 4_850_000  # bytes of all blocks as base64; text, style and script take the rest of 5 MB
_DRAWS = 500  # prior draws of each model at which the page's judge and the whole judge are compared


@dataclass(frozen=True)
class Model:
    """A model of the study, and its sibling with two dimensions.

    Attributes:
        name: Of the variant.
        seed: Of its training.
        study: As the study has it.
        plane: With codes of length 2, trained for the page.
    """

    name: str
    seed: int
    study: Space
    plane: Space


@dataclass(frozen=True)
class Data:
    """The images of the study.

    Attributes:
        images: All of them.
        description: Of their data set.
    """

    images: Splits
    description: Description


@dataclass(frozen=True)
class Results:
    """Results of the study.

    Attributes:
        decided: The claims, as reports/metrics/claims.json stores them.
        prior: Full name -> seed -> value of the metrics of the analysis `prior`.
    """

    decided: Sequence[Mapping[str, Any]]
    prior: Mapping[str, Mapping[str, float]]

    @classmethod
    def read(cls, claims: Mapping[str, Any], prior: Mapping[str, Any]) -> "Results":
        """From the content of both metrics files."""
        return cls(claims["claims"], records.read("prior", prior))


@dataclass(frozen=True)
class Options:
    """Sections of params.yaml.

    Attributes:
        images: Number of images on the maps.
        accept: Share of the validation images that the judge accepts.
        gap: Of the analysis whose density ratio the page shows.
        prior: Of the analysis whose densities the page draws from.
        projection: Of the analysis whose t-SNE the page shows.
        representation: Of the analysis whose factors the page has directions for.
    """

    images: int
    accept: float
    gap: gap.Options
    prior: prior.Options
    projection: projection.Options
    representation: representation.Options


@dataclass(frozen=True)
class Content:
    """The value for JSON, the blocks, and the picture with all images (PNG)."""

    meta: Mapping[str, Any]
    blocks: Sequence[Block]
    sheet: bytes


def build(models: Sequence[Model], data: Data, judge: Judge, results: Results, options: Options) -> Content:
    """Gather the content of the page.

    Args:
        models: Of the study; the page shows at most four.
        data: The images of the study.
        judge: Of the study.
        results: Of the study.
        options: Of the page, and of analyses.
    """
    shown, images = models[:MOST_MODELS], data.images
    chosen = np.sort(stratified(images.test.labels, min(options.images, len(images.test)), 0))
    on_map, core = images.test[chosen], Block("core")
    measured, _ = representation.draw(images, options.representation)
    listed = [
        _model(core, model, chosen, options, evidence.components(results.prior, model.name, model.seed))
        | {"colour": colour(index), "accepted": evidence.accepted(results.prior, model.name)}
        | {"factors": core.add(factors.directions(model.study.codes, measured))}
        for index, model in enumerate(shown)
    ]
    judged = _judge(core, judge, shown, images, options.accept)
    sheet = pictures.sheet(on_map)
    meta = {
        "data": _data(data.description, on_map, chosen, core),
        "factors": list(measured.names),
        "models": listed,
        "judge": judged,
        "tour": evidence.tour(results.decided, labelled=images.test.are_labelled),
    }
    return Content(meta, [core, *_networks(shown, listed, _LARGEST_PAGE - _text(core) - len(sheet) * 4 // 3)], sheet)


def _data(data: Description, on_map: Images, chosen: Chosen, core: Block) -> dict[str, Any]:
    return {
        "title": data.title,
        "nouns": data.nouns,
        "classes": list(data.classes),
        "colours": [_hex(class_colour(index)) for index in range(len(data.classes))],
        "side": data.side,
        "columns": pictures.columns(len(on_map)),
        "labels": core.add(on_map.labels),
        "numbers": core.add(chosen.astype(np.float32)),
    }


def _hex(colour: Sequence[float]) -> str:
    """A colour with parts in [0, 1], as CSS has it."""
    return "#" + "".join(f"{round(255 * part):02x}" for part in colour)


def _model(core: Block, model: Model, chosen: Chosen, options: Options, components: int) -> dict[str, Any]:
    drawn = densities.drawn(model.study.codes, options.prior, components)
    study = spaces.content(core, model.study, chosen, options.gap)
    codes = model.study.codes.only("test").mean[chosen].astype(np.float64)
    study["tsne"] = core.add(projection.tsne(codes, projection.pca(codes), options.projection).astype(np.float32))
    study["densities"] = {name: spaces.mixture(core, one) for name, one in drawn.items()}
    plane = spaces.content(core, model.plane, chosen, options.gap)
    return {"name": model.name, "label": label(model.name), "seed": model.seed, "study": study, "plane": plane}


def _judge(core: Block, judge: Judge, shown: Sequence[Model], images: Splits, accept: float) -> dict[str, Any]:
    """The judge of the page, and its agreement with that of the study on test images and prior samples."""
    small = judging.of(judge, batches.whole(images.validation), accept)
    compared = {
        "images": batches.whole(images.test),
        "samples": torch.cat([_samples(model.study) for model in shown]),
    }
    return {
        "networks": [core.net(network) for network in small.networks],
        "temperature": small.temperature,
        "threshold": small.threshold,
        "all": len(judge.networks),
        "agreement": {
            name: judging.agreement(ensemble.predict(judge, x), judging.predict(small, x))
            for name, x in compared.items()
        },
    }


@torch.no_grad()
def _samples(space: Space) -> torch.Tensor:
    return space.net.decode(torch.tensor(space.codes.prior.draw(_DRAWS, 1))).sigmoid()


def _networks(shown: Sequence[Model], listed: Sequence[dict[str, Any]], room: int) -> list[Block]:
    """A block for each network: the decoders of the study, then what fits: planes, and encoders to draw an image."""
    blocks: list[Block] = []
    for kind, part in (("study", "decoder"), ("plane", "decoder"), ("study", "encoder")):
        for model, known in zip(shown, listed, strict=True):
            block = Block(f"{model.name}.{kind}.{part}")
            net = block.net(getattr(getattr(model, kind), part))
            if (kind, part) == ("study", "decoder") or _text(block) <= room:
                known[kind][part] = net
                blocks.append(block)
                room -= _text(block)
    return blocks


def _text(block: Block) -> int:
    """Length of a block as base64."""
    return -(-len(block.content) // 3) * 4
