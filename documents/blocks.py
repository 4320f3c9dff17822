"""The generated blocks: one function for each, without arguments.

A document calls a block in a comment:

    [[[cog from documents import blocks; cog.outl(blocks.answer()) ]]]

`make docs` runs all blocks, and `make check` fails if a document is stale. The blocks read the committed results, with
paths relative to the root of the project.
"""

import json
import re
from pathlib import Path
from typing import Any

from documents import claims, names, numbers, speeds
from documents import directions as league
from documents import structure as structures
from documents.markdown import paragraph
from latente.data import splits
from latente.errors import DataError
from latente.evidence.deciding import Claim
from latente.project import params, paths
from latente.project.params import Params
from latente.results import records
from latente.sources.specs import mnist

_QUESTION = "separation"
"""The claim that README answers first."""

_OF_LEAGUE = {
    "silhouette": "silhouette",
    "knn_accuracy": "kNN accuracy",
    "probe.1": "accuracy of the linear probe with one label",
    "standard.accepted": "share of prior samples accepted",
    "mixture.accepted": "share of samples of the mixture accepted",
}
"""Metric of the league -> its name in docs/variants.md; higher is better."""

_OF_CODES = ("disentangled", "few_labels", "robust", "straight")
"""The claims about representations, apart from the first one."""

_FACTORS = r"representation\.ae\.within\.factor\.\w+\.linear_r2"
"""Pattern of the full names that name a factor."""

_MEASURES = "other_measures"
"""The claim with other measures of separation."""


def answer() -> str:
    """README: the answer to the question of the study."""
    settings = _json(paths.survey())["survey"]["studies"]
    return claims.answer(_named(_QUESTION), _named(_MEASURES)["tests"], settings, _params().claims.confidence)


def structure() -> str:
    """README: whether the latent space has a structure beyond the classes."""
    factors = [name.split(".")[4] for name in measured() if re.fullmatch(_FACTORS, name)]
    return structures.answer(_named("structure"), [_named(name) for name in _OF_CODES], factors)


def thesis_summary() -> str:
    """README: how many claims of the thesis have each verdict."""
    return claims.summary([claim for claim in _claims() if claim["thesis"]], "claims of the thesis")


def thesis() -> str:
    """README: the claims of the thesis."""
    return claims.overview([claim for claim in _claims() if claim["thesis"]])


def fast() -> str:
    """README: speeds."""
    return speeds.summary(Path("docs/performance.md").read_text(encoding="utf-8"))


def others_summary() -> str:
    """docs/claims.md: how many claims of this project have each verdict."""
    return claims.summary([claim for claim in _claims() if not claim["thesis"]], "claims of this project")


def others() -> str:
    """docs/claims.md: the claims of this project."""
    return claims.overview([claim for claim in _claims() if not claim["thesis"]])


def settings() -> str:
    """docs/claims.md: the answer under other settings."""
    return "\n\n".join([paragraph(claims.other_settings(_named(_QUESTION))), claims.settings(_named(_QUESTION))])


def studies() -> str:
    """docs/claims.md: every claim in whole studies under other settings."""
    return claims.studies(_claims(), _json(paths.survey())["survey"]["studies"])


def directions() -> str:
    """docs/variants.md: published directions, and whether the league reproduces them."""
    return league.overview(_league(), _params().claims.confidence)


def spreads() -> str:
    """docs/variants.md: the spread over seeds beside the spread over variants."""
    return league.spreads(_league(), _OF_LEAGUE)


def best_variants() -> str:
    """docs/variants.md: which variants are best."""
    settings = _json(paths.survey())["survey"]["league"]["settings"]
    return league.best(_league(), settings, _OF_LEAGUE)


def every_number() -> str:
    """docs/claims.md: every number of every claim."""
    return claims.details(_claims())


def study() -> str:
    """docs/numbers.md: what was trained and measured."""
    found = _params()
    sizes = splits.resolve(found.split, mnist.KNOWN.data.split)
    return paragraph(
        f"The study trains each model from {len(found.study.seeds)} seeds on {sizes.train:,} images of MNIST.",
        f"A code has {found.study.latent_dim} dimensions.",
        f"The metrics are measured on {sizes.test:,} test images.",
        "The table has the mean ± the sample standard deviation over seeds.",
    )


def main_numbers() -> str:
    """docs/numbers.md: the main metrics of each model."""
    return numbers.overview(measured(), _params().study.models)


def all_names() -> str:
    """docs/glossary.md: the name of every metric."""
    return names.overview(measured())


def measured() -> dict[str, dict[str, float]]:
    """Full name -> seed -> value of every metric in reports/metrics."""
    stages = sorted(file.stem for file in paths.all_metrics().glob("*.json") if file.stem != "claims")
    return records.read_all({stage: _json(paths.metrics(stage)) for stage in stages})


def _league() -> dict[str, Any]:
    """Variant -> its metrics file."""
    survey = _json(paths.survey())
    return {name: survey["results"][name] for name in survey["survey"]["league"]["settings"]}


def _claims() -> list[Claim]:
    """All claims, in the order of claims.yaml."""
    known = params.rules(_params().claims).tested
    found = {claim["name"]: claim for claim in _json(paths.metrics("claims"))["claims"]}
    missing = [name for name in known if name not in found]
    if missing:
        raise DataError(f"{paths.metrics('claims')} lacks the claim {', '.join(missing)}; run `make repro`")
    return [found[name] for name in known]


def _named(name: str) -> Claim:
    return next(claim for claim in _claims() if claim["name"] == name)


def _params() -> Params:
    return params.load()


def _json(file: Path) -> Any:
    return json.loads(file.read_bytes())
