"""Weights as safetensors, with the metadata needed to rebuild the variant."""

import json
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from latente.errors import DataError, ParamsError, one_line
from latente.models.network.autoencoder import Autoencoder, Sizes
from latente.models.network.factory import build, options
from latente.project.sections import Network
from latente.project.types import Section

_KEY = "latente"  # a single key, because safetensors does not fix the order of several keys


def to_bytes(net: Autoencoder, name: str, section: Section) -> bytes:
    """Weights as safetensors, with name, sizes and options as metadata."""
    sizes = {"pixels": net.sizes.pixels, "latent_dim": net.sizes.latent_dim, "network": _plain(net.sizes.network)}
    recipe = {"model": name, **sizes, "options": _plain(section)}
    tensors = {key: value.detach().contiguous() for key, value in net.state_dict().items()}
    return save(tensors, metadata={_KEY: json.dumps(recipe, sort_keys=True)})


def _plain(section: Section) -> dict[str, Any]:
    return section.model_dump(mode="json")


def load(file: Path) -> Autoencoder:
    """Read a trained variant.

    Raises:
        DataError: The file is not a safetensors file of a variant, or a weight is not finite.
    """
    try:
        with safe_open(file, framework="pt") as stored:
            recipe = json.loads(stored.metadata()[_KEY])
            tensors = {key: stored.get_tensor(key) for key in stored.keys()}  # noqa: SIM118 (no mapping)
        section = options(recipe["model"]).model_validate_json(json.dumps(recipe["options"]))
        network = Network.model_validate_json(json.dumps(recipe["network"]))
        sizes = Sizes(recipe["pixels"], recipe["latent_dim"], network)
        net = build(recipe["model"], sizes, section, seed=0)
        net.load_state_dict(tensors)
    except (SafetensorError, KeyError, TypeError, ValueError, RuntimeError, ImportError, ParamsError) as error:
        raise DataError(
            f"{file}: not the weights of a model ({one_line(error)}); delete it and run `dvc repro`"
        ) from error
    if not all(bool(value.isfinite().all()) for value in tensors.values()):
        raise DataError(f"{file}: some weights are not finite; delete it and run `dvc repro`")
    return net.eval()
