"""Build a variant by its name. Every file of `models/variants` defines the classes `Model` and `Options`."""

import importlib
from typing import cast

import torch

from latente.errors import ParamsError
from latente.models.network.autoencoder import Autoencoder, Sizes
from latente.project.params import modules
from latente.project.types import Section

_VARIANTS = "latente.models.variants"


def options(name: str) -> type[Section]:
    """The class of a variant's section in params.yaml.

    Raises:
        ParamsError: There is no such variant.
    """
    if name not in modules("models"):
        raise ParamsError(f"no model {name!r} in src/latente/models/variants; known: {', '.join(modules('models'))}")
    return cast("type[Section]", importlib.import_module(f"{_VARIANTS}.{name}").Options)


def build(name: str, sizes: Sizes, section: Section, seed: int) -> Autoencoder:
    """Build a variant with fresh weights.

    Args:
        name: A file of `models/variants`.
        sizes: Of the layers.
        section: Section of the variant in params.yaml, an instance of `options(name)`.
        seed: Seed of the weights. All variants with the same seed have the same encoder, mean layer and decoder.
    """
    variant = importlib.import_module(f"{_VARIANTS}.{name}").Model
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return cast("Autoencoder", variant(sizes, section))
