"""The directions that papers report for variants, beside what the league measures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Any

from documents.markdown import estimated, paragraph, table
from latente.evidence import verdicts
from latente.results import records
from latente.results.labels import setting

Results = Mapping[str, Mapping[str, Any]]
"""Variant -> its metrics file: records and replicates."""


_VAE, _IWAE, _SINGLE = "vae.standard.accepted", "iwae.log_likelihood", "vae.disentanglement"

_PROBES = ("dae.corrupted.accuracy", "ae.corrupted.accuracy")


@dataclass(frozen=True)
class Direction:
    """A published direction.

    Attributes:
        claim: What is said, as a difference.
        source: Who says so.
        metric, other: The metrics of the league whose difference it is.
        rises: Whether it should be above 0; otherwise below.
    """

    claim: str
    source: str
    metric: str
    other: str
    rises: bool


DIRECTIONS = (
    Direction("rate, β 0.3 − VAE", "Higgins 2017", "beta_03.rate", "vae.rate", rises=True),
    Direction("rate, β 4 − VAE", "Higgins 2017", "beta_4.rate", "vae.rate", rises=False),
    Direction("distortion, β 4 − VAE", "Higgins 2017", "beta_4.distortion", "vae.distortion", rises=True),
    Direction("likelihood, IWAE − VAE", "Burda 2016", _IWAE, "vae.log_likelihood", rises=True),
    Direction("likelihood, IWAE, 20 − 5 samples", "Burda 2016", "iwae_20.log_likelihood", _IWAE, rises=True),
    Direction("active units, IWAE − VAE", "Burda 2016", "iwae.active_units", "vae.active_units", rises=True),
    Direction("likelihood, VampPrior − VAE", "Tomczak 2018", "vamp.log_likelihood", "vae.log_likelihood", rises=True),
    Direction("accepted, VampPrior − VAE", "Tomczak 2018", "vamp.standard.accepted", _VAE, rises=True),
    Direction("accepted, RAE’s mixture − VAE’s prior", "Ghosh 2020", "rae.mixture.accepted", _VAE, rises=True),
    Direction("distortion, WAE − VAE", "Tolstikhin 2018", "wae.distortion", "vae.distortion", rises=False),
    Direction("accepted, WAE − AE", "Tolstikhin 2018", "wae.standard.accepted", "ae.standard.accepted", rises=True),
    Direction("probe on corrupted images, DAE − AE", "Vincent 2008", *_PROBES, rises=True),
    Direction("disentanglement, β 4 − VAE", "Higgins 2017", "beta_4.disentanglement", _SINGLE, rises=True),
    Direction("disentanglement, β-TCVAE − VAE", "Chen 2018", "btcvae.disentanglement", _SINGLE, rises=True),
    Direction("rate, InfoVAE − VAE", "Zhao 2019", "infovae.rate", "vae.rate", rises=True),
    Direction("prior samples in holes, InfoVAE − VAE", "Zhao 2019", "infovae.holes", "vae.holes", rises=False),
    Direction("accepted, VAE’s prior reweighted − prior", "Aneja 2021", "vae.reweighted.accepted", _VAE, rises=True),
)


def overview(results: Results, confidence: float) -> str:
    """A table: what papers say, the difference in the league, and whether it agrees."""
    metrics = {name: seeds for result in results.values() for name, seeds in records.read("league", result).items()}
    replicates = {"league": {name: result["replicates"][name] for name, result in results.items()}}
    rows = []
    for one in DIRECTIONS:
        found = verdicts.number(f"league.{one.metric} - league.{one.other}", confidence, metrics, replicates)
        sign = "above 0" if one.rises else "below 0"
        rows.append([one.claim, one.source, sign, estimated(found), _reply(one, found)])
    return table(["difference", "published by", "published sign", "here", "reproduced"], rows)


def _reply(one: Direction, found: Mapping[str, Any]) -> str:
    low, high = found.get("low"), found.get("high")
    if low is None or high is None or low <= 0 <= high:
        return "undecided"
    return "yes" if (low > 0) == one.rises else "no"


def spreads(results: Results, shown: Mapping[str, str]) -> str:
    """The spread over seeds beside the spread over variants (Locatello et al. 2019), for some metrics.

    Args:
        results: Of the league.
        shown: Metric -> its name.
    """
    rows = []
    for metric, name in shown.items():
        values = [records.read("league", result)[f"league.{variant}.{metric}"] for variant, result in results.items()]
        within, means = [stdev(seeds.values()) for seeds in values], [fmean(seeds.values()) for seeds in values]
        rows.append([name, f"{fmean(within):.3g}", f"{stdev(means):.3g}", f"{stdev(means) / fmean(within):.1f}"])
    return table(["metric", "over seeds", "over variants", "ratio"], rows)


def best(results: Results, settings: Mapping[str, Mapping[str, Any]], shown: Mapping[str, str]) -> str:
    """Which variant has the highest mean over seeds, for some metrics."""
    said: list[str] = []
    for metric, name in shown.items():
        means = {v: fmean(records.read("league", one)[f"league.{v}.{metric}"].values()) for v, one in results.items()}
        first, second = sorted(means, key=lambda v: -means[v])[:2]
        names: Sequence[str] = [setting(settings[v]["model"], settings[v]["set"]) for v in (first, second)]
        said.append(f"The highest {name} is {means[first]:.3f} ({names[0]}); then {means[second]:.3f} ({names[1]}).")
    return paragraph(*said)
