"""The variants, one file each: a class `Model` and the class `Options` of its section in params.yaml."""

import importlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from latente.autoencoder import Autoencoder
from latente.errors import DataError, ParamsError
from latente.params import Section, modules

_KEY = "latente"  # one key: the order of several is not fixed in the file


def options(name: str) -> type[Section]:
    """The class of a variant's section in params.yaml.

    Raises:
        ParamsError: There is no such variant.
    """
    if name not in modules("models"):
        raise ParamsError(f"no model {name!r} in src/latente/models; known: {', '.join(modules('models'))}")
    return cast("type[Section]", importlib.import_module(f"latente.models.{name}").Options)


def build(name: str, latent_dim: int, hidden: Sequence[int], section: Section, seed: int) -> Autoencoder:
    """A variant with fresh weights.

    Args:
        name: A file of this folder.
        latent_dim: Length of a code.
        hidden: Widths of the encoder's layers.
        section: Its section in params.yaml, of the class that `options` gives.
        seed: Of the weights; variants share those of encoder, mean and decoder.
    """
    variant = importlib.import_module(f"latente.models.{name}").Model
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return cast("Autoencoder", variant(latent_dim, hidden, section))


def to_bytes(net: Autoencoder, name: str, hidden: Sequence[int], section: Section) -> bytes:
    """Weights as safetensors, with what is needed to build the variant again."""
    recipe = {
        "model": name,
        "latent_dim": net.latent_dim,
        "hidden": list(hidden),
        "options": section.model_dump(mode="json"),
    }
    tensors = {key: value.detach().contiguous() for key, value in net.state_dict().items()}
    return save(tensors, metadata={_KEY: json.dumps(recipe, sort_keys=True)})


def load(file: Path) -> Autoencoder:
    """Read a trained variant.

    Raises:
        DataError: The file is no safetensors file of a variant of this folder, or holds non-finite weights.
    """
    try:
        with safe_open(file, framework="pt") as stored:
            recipe = json.loads(stored.metadata()[_KEY])
            tensors = {key: stored.get_tensor(key) for key in stored.keys()}  # noqa: SIM118 (no mapping)
        section = options(recipe["model"]).model_validate_json(json.dumps(recipe["options"]))
        net = build(recipe["model"], recipe["latent_dim"], recipe["hidden"], section, seed=0)
        net.load_state_dict(tensors)
    except (SafetensorError, KeyError, TypeError, ValueError, RuntimeError, ParamsError) as error:
        reason = " ".join(str(error).split())[:300]  # torch tells of every tensor in a line of its own
        raise DataError(f"{file}: not the weights of a model ({reason}); delete it and run `dvc repro`") from error
    if not all(bool(value.isfinite().all()) for value in tensors.values()):
        raise DataError(f"{file}: holds weights that are not finite; delete it and run `dvc repro`")
    return net.eval()
