"""The codes of every image under one trained model. This module needs numpy but not torch, and uses no pickle."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float32, UInt8
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from latente.codes.prior import Prior
from latente.errors import DataError

PARTS = ("train", "validation", "test")

_CODES, _BYTES, _PRIOR = ("mean", "logvar", "sample"), ("label", "part"), ("prior_mean", "prior_logvar")


@dataclass(frozen=True)
class Latents:
    """Codes of images, in one order for all models.

    Attributes:
        mean: Mean of the posterior: the code that the analyses use unless they say otherwise.
        logvar: Log-variance of the posterior; minus infinity for a point posterior.
        sample: One code drawn from the posterior.
        label: Class of the image.
        part: Index into `PARTS`: the part of the split that the image belongs to.
        prior: Where the model expects its codes.
    """

    mean: Float32[np.ndarray, "images latent"]
    logvar: Float32[np.ndarray, "images latent"]
    sample: Float32[np.ndarray, "images latent"]
    label: UInt8[np.ndarray, " images"]
    part: UInt8[np.ndarray, " images"]
    prior: Prior

    def only(self, part: str) -> "Latents":
        """The codes of one part of `PARTS`, in the order of the images."""
        chosen = self.part == PARTS.index(part)
        return replace(self, **{name: getattr(self, name)[chosen] for name in (*_CODES, *_BYTES)})

    def of_units(self, units: Bool[np.ndarray, " latent"]) -> "Latents":
        """The codes with only some of their dimensions."""
        codes = {name: getattr(self, name)[:, units] for name in _CODES}
        return replace(self, prior=self.prior.of_units(units), **codes)

    def to_bytes(self) -> bytes:
        """The codes as safetensors."""
        arrays = {name: getattr(self, name) for name in (*_CODES, *_BYTES)}
        arrays |= {"prior_mean": self.prior.mean, "prior_logvar": self.prior.logvar}
        return save({name: np.ascontiguousarray(array) for name, array in arrays.items()})


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
    prior = (*arrays["prior_mean"].shape[:1], *codes[1:]) if "prior_mean" in arrays else ()
    kinds = dict.fromkeys(_CODES, ("float32", codes)) | dict.fromkeys(_BYTES, ("uint8", codes[:1]))
    kinds |= dict.fromkeys(_PRIOR, ("float32", prior))
    if found != kinds or len(codes) != 2 or not all(codes + prior):
        raise DataError(
            f"{file}: expected float32 arrays {_CODES} of one shape, uint8 arrays {_BYTES} and float32 arrays "
            f"{_PRIOR}, found {found}; delete it and run `dvc repro`"
        )
    if not all(np.isfinite(arrays[name]).all() for name in ("mean", "sample", *_PRIOR)):
        raise DataError(f"{file}: some codes are not finite; delete it and run `dvc repro`")
    if np.isnan(arrays["logvar"]).any() or arrays["part"].max() >= len(PARTS):
        raise DataError(f"{file}: some variances or parts are impossible; delete it and run `dvc repro`")
    return Latents(**{name: arrays[name] for name in (*_CODES, *_BYTES)}, prior=Prior(*(arrays[n] for n in _PRIOR)))
