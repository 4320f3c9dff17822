"""Names and colours of models and classes, the same in every figure and table."""

from collections.abc import Iterable

from matplotlib import color_sequences
from matplotlib.colors import to_rgb

_MODELS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")  # Okabe & Ito: safe for colour-blind eyes

_CLASSES = color_sequences["petroff10"]  # safe for them too: Petroff 2021, https://arxiv.org/abs/2107.02270


_NAMES = {"infovae": "InfoVAE", "btcvae": "β-TCVAE", "vamp": "VampPrior"}


def label(model: str) -> str:
    """How a model is called in figures and tables."""
    return _NAMES.get(model, model.upper() if len(model) <= 4 else model.replace("_", " "))


def setting(model: str, changes: Iterable[str]) -> str:
    """How a model with changed parameters is called.

    Example:
        >>> setting("vae", ["models.vae.beta=0.3"])
        'VAE, beta 0.3'
    """
    return ", ".join([label(model), *map(change, changes)])


def change(item: str) -> str:
    """A changed parameter `key=value`, without its section.

    Example:
        >>> change("study.latent_dim=8")
        'latent dim 8'
    """
    key, _, value = item.partition("=")
    return f"{key.rpartition('.')[2].replace('_', ' ')} {value}"


def class_name(name: str) -> str:
    """How a class is called in a figure: short, and without characters that matplotlib reads as a formula."""
    short = name if len(name) <= 14 else f"{name[:13]}…"
    return short.replace("$", r"\$").replace("_", " ").strip()


def colour(index: int) -> str:
    """The colour of the model at an index of the study."""
    return _MODELS[index % len(_MODELS)]


def class_colour(value: int) -> tuple[float, ...]:
    """The colour of a class; the eleventh has the colour of the first again."""
    return to_rgb(_CLASSES[value % len(_CLASSES)])
