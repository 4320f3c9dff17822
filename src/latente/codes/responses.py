"""How one trained model responds to corrupted images, foreign images and straight paths. Needs numpy, but not torch."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float32, Int64
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from latente.errors import DataError


@dataclass(frozen=True)
class Seen:
    """Codes of images and what their reconstruction costs.

    Attributes:
        mean: Mean of the posterior.
        distortion: At one posterior sample, in nats.
        rate: In nats; infinite for a point posterior.
    """

    mean: Float32[np.ndarray, "images latent"]
    distortion: Float32[np.ndarray, " images"]
    rate: Float32[np.ndarray, " images"]


@dataclass(frozen=True)
class Paths:
    """Straight paths between the mean codes of two test images.

    Attributes:
        ends: Indices of the two images among the test images.
        mean: Codes along each path, from the first image to the second.
        accepted: Whether the judge accepts the image decoded at each point.
        detour: Length of the path of decoded images, divided by the distance between its ends; at least 1.
        images: Decoded images along the first paths, in [0, 1].
    """

    ends: Int64[np.ndarray, "pairs 2"]
    mean: Float32[np.ndarray, "pairs steps latent"]
    accepted: Bool[np.ndarray, "pairs steps"]
    detour: Float32[np.ndarray, " pairs"]
    images: Float32[np.ndarray, "shown steps pixels"]


@dataclass(frozen=True)
class Responses:
    """Everything that one trained model says about images that it was not trained for.

    Attributes:
        chosen: Indices of some test images, ascending. They are corrupted, and paths connect them.
        clean: These images.
        corrupted: Kind of corruption -> mean codes of these images at each level, from light to strong.
        foreign: Kind of foreign image -> the images of this kind.
        paths: `one_class` or `two_classes` -> paths between images of one class, or of two.
    """

    chosen: Int64[np.ndarray, " images"]
    clean: Seen
    corrupted: Mapping[str, Float32[np.ndarray, "levels images latent"]]
    foreign: Mapping[str, Seen]
    paths: Mapping[str, Paths]

    def of_units(self, units: Bool[np.ndarray, " latent"]) -> "Responses":
        """The same responses, with only some dimensions of the codes."""
        return replace(
            self,
            clean=_of_units(self.clean, units),
            corrupted={kind: codes[..., units] for kind, codes in self.corrupted.items()},
            foreign={kind: _of_units(seen, units) for kind, seen in self.foreign.items()},
            paths={kind: _of_units(one, units) for kind, one in self.paths.items()},
        )

    def to_bytes(self) -> bytes:
        """The responses as safetensors; a dot separates levels, as in `foreign.negatives.mean`."""
        return _to_bytes(_flat(self))


@dataclass(frozen=True)
class PixelResponses:
    """What needs no model: mixtures of the pixels of two images, and examples of corrupted images.

    Attributes:
        accepted: `one_class` or `two_classes` -> whether the judge accepts the mixtures along each path, which has the
            same ends as in `Responses`.
        images: The same kinds -> mixtures along the first paths, in [0, 1].
        examples: Kind of corruption -> one test image at each level, in [0, 1].
    """

    accepted: Mapping[str, Bool[np.ndarray, "pairs steps"]]
    images: Mapping[str, Float32[np.ndarray, "shown steps pixels"]]
    examples: Mapping[str, Float32[np.ndarray, "levels pixels"]]

    def to_bytes(self) -> bytes:
        """The mixtures and examples as safetensors."""
        return _to_bytes(_flat(self))


_SEEN = {"mean": "of_kind latent", "distortion": "of_kind", "rate": "of_kind"}
_PATHS = {"ends": "pairs 2", "mean": "pairs steps latent", "accepted": "pairs steps", "detour": "pairs"}
_PATHS |= {"images": "shown steps pixels"}
_RESPONSES = {"chosen": "images", "corrupted": "levels images latent"}
_RESPONSES |= {f"clean.{name}": shape.replace("of_kind", "images") for name, shape in _SEEN.items()}
_RESPONSES |= {f"foreign.{name}": shape for name, shape in _SEEN.items()}
_RESPONSES |= {f"paths.{name}": shape for name, shape in _PATHS.items()}
_PIXELS = {"accepted": "pairs steps", "images": "shown steps pixels", "examples": "levels pixels"}
"""Name of an array without its kind -> its shape. Arrays with a name have the same number; `of_kind` is of one kind."""

_TYPES = {"chosen": "int64", "ends": "int64", "accepted": "bool"}
"""Part of a name -> type of its numbers; all others are float32."""


def load(file: Path) -> Responses:
    """Read the responses of one model.

    Raises:
        DataError: The file is not a file of responses, shapes do not match, or a value is impossible.
    """
    arrays = _read(file, _RESPONSES)
    groups: dict[str, dict[str, Any]] = {"foreign": {}, "paths": {}, "corrupted": {}, "clean": {}}
    for name, array in arrays.items():
        group, _, rest = name.partition(".")
        if group in groups:
            kind, _, part = rest.partition(".")
            groups[group].setdefault(kind, {})[part] = array
    return Responses(
        chosen=arrays["chosen"],
        clean=Seen(**{name: parts[""] for name, parts in groups["clean"].items()}),
        corrupted={kind: parts[""] for kind, parts in groups["corrupted"].items()},
        foreign={kind: Seen(**parts) for kind, parts in groups["foreign"].items()},
        paths={kind: Paths(**parts) for kind, parts in groups["paths"].items()},
    )


def load_pixels(file: Path) -> PixelResponses:
    """Read what needs no model.

    Raises:
        DataError: The file is not such a file, or shapes do not match.
    """
    groups: dict[str, dict[str, Any]] = {field.name: {} for field in fields(PixelResponses)}
    for name, array in _read(file, _PIXELS).items():
        group, _, kind = name.partition(".")
        groups[group][kind] = array
    return PixelResponses(**groups)


def _of_units(one: Any, units: Bool[np.ndarray, " latent"]) -> Any:
    return replace(one, mean=one.mean[..., units])


def _flat(value: Any, name: str = "") -> dict[str, np.ndarray]:
    """Name -> array of every array in dataclasses and mappings."""
    if isinstance(value, np.ndarray):
        return {name: value}
    items = value.items() if isinstance(value, Mapping) else ((f.name, getattr(value, f.name)) for f in fields(value))
    return {full: a for key, one in items for full, a in _flat(one, f"{name}.{key}" if name else key).items()}


def _to_bytes(arrays: Mapping[str, np.ndarray]) -> bytes:
    return save({name: np.ascontiguousarray(array) for name, array in arrays.items()})


def _read(file: Path, shapes: Mapping[str, str]) -> dict[str, np.ndarray]:
    """The arrays of a file, by name, if they have these shapes."""
    try:
        arrays = dict(sorted(load_file(file).items()))
    except SafetensorError as error:
        raise DataError(f"{file}: not a file of responses ({error}); delete it and run `dvc repro`") from error
    sizes: dict[str, int] = {"2": 2}
    for name, array in arrays.items():
        if not _fits(name, array, shapes, sizes):
            raise DataError(f"{file}: {name} has {array.dtype} {array.shape}, unlike others; delete it, `dvc repro`")
        if array.dtype == np.float32 and np.isnan(array).any():
            raise DataError(f"{file}: some numbers of {name} are not finite; delete it and run `dvc repro`")
    if missing := sorted(set(shapes) - {_without_kind(name, shapes) for name in arrays}):
        raise DataError(f"{file}: no {', '.join(missing)}; delete it and run `dvc repro`")
    return arrays


def _without_kind(name: str, shapes: Mapping[str, str]) -> str:
    first, *others = name.split(".")
    return name if name in shapes else ".".join([first, *others[1:]])


def _fits(name: str, array: np.ndarray, shapes: Mapping[str, str], sizes: dict[str, int]) -> bool:
    """Whether an array has its type and shape; sizes of names that are new become known."""
    words = shapes.get(_without_kind(name, shapes), "?").split()
    own = [name.rpartition(".")[0] if word == "of_kind" else word for word in words]
    known = len(own) == array.ndim and all(
        sizes.setdefault(word, size) == size for word, size in zip(own, array.shape, strict=True)
    )
    parts = {*name.split(".")}
    return known and str(array.dtype) == next((kind for part, kind in _TYPES.items() if part in parts), "float32")
