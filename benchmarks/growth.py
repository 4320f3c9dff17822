"""How the time of each stage grows with images, latent dimensions, seeds and models."""

import math
from collections.abc import Mapping

from benchmarks import studies, text
from benchmarks.studies import Times
from latente.study import tables

_SMALL = {
    "study.models": ["vae"],
    "study.seeds": [0],
    "study.latent_dim": 8,
    "split.train": 10_000,
    "split.validation": 1_000,
    "split.test": 2_500,
    "train.epochs": 3,
    "analyses.prior.samples": 1_000,
    "analyses.manifold.epochs": 2,
}
_LARGER: dict[str, tuple[float, dict[str, object]]] = {
    "images": (4, {"split.train": 40_000, "split.validation": 4_000, "split.test": 10_000}),
    "latent dimensions": (4, {"study.latent_dim": 32}),
    "seeds": (3, {"study.seeds": [0, 1, 2]}),
    "models": (2, {"study.models": ["ae", "vae"]}),
}
"""What grows -> the factor, and the changed parameters."""

_TIMED = 1.0
"""The growth of stages that take fewer seconds is not reported."""

Exponents = dict[str, dict[str, float]]
"""What grows -> stage -> the exponent of the growth of its seconds."""


def measure() -> Exponents:
    """Time a small study, and the same study with one thing larger."""
    base, found = _small({}), Exponents()
    for name, (factor, changes) in _LARGER.items():
        larger = _small(changes)
        found[name] = {
            stage: math.log(sum(larger[stage]) / sum(seconds), factor)
            for stage, seconds in base.items()
            if sum(larger[stage]) > _TIMED
        }
    return found


def _small(changes: Mapping[str, object]) -> Times:
    with studies.copy({**_SMALL, **changes}, claims=False) as folder:
        return studies.timed(folder).work


def to_markdown(exponents: Exponents) -> str:
    """The part of docs/performance.md about growth."""
    stages = dict.fromkeys(stage for found in exponents.values() for stage in found)
    rows = [
        [stage, *(f"{found[stage]:.2f}" if stage in found else "–" for found in exponents.values())] for stage in stages
    ]
    factors = ", ".join(f"{name} {factor:g}" for name, (factor, _) in _LARGER.items())
    return "\n\n".join(
        [
            "## Growth",
            text.paragraph(
                "The exponents of the growth of each stage: 1 means that twice as much takes twice as long. They come",
                f"from a small study of one model and seed (factors: {factors}). A stage under {_TIMED:g} s has –.",
            ),
            tables.render("markdown", ["stage", *exponents], rows),
        ]
    )
