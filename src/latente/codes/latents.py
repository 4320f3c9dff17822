"""The codes of every image under one trained model. This module needs numpy but not torch, and uses no pickle."""

from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float32, UInt8
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from latente.errors import DataError

PARTS = ("train", "validation", "test")

_CODES, _BYTES = ("mean", "logvar", "sample"), ("label", "part")


@dataclass(frozen=True)
class Latents:
    """Codes of images, in one order for all models.

    Attributes:
        mean: Mean of the posterior: the code that the analyses use unless they say otherwise.
        logvar: Log-variance of the posterior; minus infinity for a point posterior.
        sample: One code drawn from the posterior.
        label: Class of the image, in 0..9.
        part: Index into `PARTS`: the part of the split that the image belongs to.
    """

    mean: Float32[np.ndarray, "images latent"]
    logvar: Float32[np.ndarray, "images latent"]
    sample: Float32[np.ndarray, "images latent"]
    label: UInt8[np.ndarray, " images"]
    part: UInt8[np.ndarray, " images"]

    def only(self, part: str) -> "Latents":
        """The codes of one part of `PARTS`, in the order of the images."""
        chosen = self.part == PARTS.index(part)
        return Latents(**{field.name: getattr(self, field.name)[chosen] for field in fields(self)})

    def of_units(self, units: Bool[np.ndarray, " latent"]) -> "Latents":
        """The codes with only some of their dimensions."""
        return replace(self, **{name: getattr(self, name)[:, units] for name in _CODES})

    def to_bytes(self) -> bytes:
        """The codes as safetensors."""
        return save({field.name: np.ascontiguousarray(getattr(self, field.name)) for field in fields(self)})


def load(file: Path) -> Latents:
    """Read the codes of one model.

    Raises:
        DataError: The file is not a file of codes, shapes do not match, or a value is impossible.
    """
    try:
        arrays = load_file(file)
    except SafetensorError as error:
        raise DataError(f"{file}: not a file of codes ({error}); delete it and run `dvc repro`") from error
    found = {name: (str(array.dtype), array.shape) for name, array in sorted(arrays.items())}
    codes = arrays["mean"].shape if "mean" in arrays else ()
    kinds = dict.fromkeys(_CODES, ("float32", codes)) | dict.fromkeys(_BYTES, ("uint8", codes[:1]))
    if found != kinds or len(codes) != 2 or not all(codes):
        raise DataError(
            f"{file}: expected float32 arrays {_CODES} of one shape and uint8 arrays {_BYTES}, found {found}; "
            "delete it and run `dvc repro`"
        )
    if not (np.isfinite(arrays["mean"]).all() and np.isfinite(arrays["sample"]).all()):
        raise DataError(f"{file}: some codes are not finite; delete it and run `dvc repro`")
    if np.isnan(arrays["logvar"]).any() or arrays["label"].max() > 9 or arrays["part"].max() >= len(PARTS):
        raise DataError(f"{file}: some variances, labels or parts are impossible; delete it and run `dvc repro`")
    return Latents(**arrays)
