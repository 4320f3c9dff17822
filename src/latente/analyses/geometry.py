"""Geometry: how different the latent spaces really are."""

from typing import Annotated

import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure
from pydantic import Field

from latente.codes.latents import Latents
from latente.data.mnist import Images
from latente.data.sampling import stratified
from latente.measures import intrinsic_dimension, rate, spectrum
from latente.measures.active_units import active
from latente.measures.cka import linear_cka, mapped_cka
from latente.measures.procrustes import procrustes_distance
from latente.project.types import Section, Seed
from latente.results import figures, pairs
from latente.results.grid import Grid
from latente.results.labels import label
from latente.results.measurement import Measurement
from latente.results.result import Result

Codes = Float[np.ndarray, "images latent"]


class Options(Section):
    """Threshold of an active unit; neighbours and images of the intrinsic dimension; seed of their choice."""

    active: Annotated[float, Field(ge=0, le=1e6)]
    neighbours: Annotated[int, Field(ge=3, le=99)]
    images: Annotated[int, Field(ge=100, le=10_000)]
    seed: Seed


def analyse(codes: Grid[Latents], test: Images, options: Options) -> Result:
    """Measure every latent space on mean test codes, and compare every two of them.

    Two spaces are compared between models from one seed (subject `ae~vae`) and between seeds of one model (`ae~ae`,
    the yardstick). The subject `pixels` holds the intrinsic dimension of the images themselves; `gaussian` that of as
    many normal points that fill the latent space, since the estimates fall short of a high dimension.
    """
    tests = codes.map(lambda every: every.only("test"))
    means = tests.map(lambda every: every.mean.astype(np.float64))
    chosen = stratified(test.labels, min(options.images, len(test)), options.seed)

    def dimension(points: Float[np.ndarray, "images features"]) -> Measurement:
        intrinsic = intrinsic_dimension.intrinsic(points, options.neighbours)
        return Measurement(intrinsic, intrinsic_dimension.left_out(points, options.neighbours))

    measurements: dict[str, dict[str, Measurement]] = tests.map(
        lambda every: Measurement(measure(every, options)) | dimension(every.mean[chosen])
    ).by_name
    measurements |= pairs.compare(means, likeness)
    latent_dim = next(iter(means.first.values())).shape[1]
    normal = np.random.default_rng(options.seed).standard_normal((len(chosen), latent_dim))
    measurements |= {"pixels": {"data": dimension(test[chosen].grey)}, "gaussian": {"data": dimension(normal)}}
    return Result(measurements, {"spectrum": _draw_spectrum(tests), "likeness": _draw_likeness(means)})


def measure(codes: Latents, options: Options) -> dict[str, float]:
    """One latent space.

    Returns:
        active_units: Dimensions whose mean varies over images by more than the threshold (Burda et al. 2016).
        effective_dimension: Participation ratio of the variance spectrum, from 1 to latent_dim.
        variance: Total variance of the mean codes.
        rate.N: Mean KL to the prior of the N-th largest dimension, in nats; none for a point posterior.
    """
    variances = spectrum.variances(codes.mean.astype(np.float64))
    rates = rate.by_dimension(codes.mean, codes.logvar)
    return {
        "active_units": float(active(codes.mean, options.active).sum()),
        "effective_dimension": spectrum.effective(variances),
        "variance": float(variances.sum()),
    } | {f"rate.{n}": float(value) for n, value in enumerate(rates, start=1)}


def likeness(a: Codes, b: Codes) -> Measurement:
    """How alike two spaces are: `cka`, `mapped_cka` (higher is more alike), `procrustes` (lower is more alike)."""
    alignment = {
        "cka": lambda kept: linear_cka(a[kept], b[kept]),
        "mapped_cka": lambda kept: mapped_cka(a[kept], b[kept]),
    }
    return Measurement.recomputed(alignment, len(a)) | Measurement({"procrustes": procrustes_distance(a, b)})


def _draw_spectrum(tests: Grid[Latents]) -> Figure:
    drawn = figures.figure(3.2)
    left, right = drawn.subplots(1, 2)
    spectra = tests.map(lambda every: spectrum.variances(every.mean.astype(np.float64)))
    figures.lines(left, {label(model): [v / v.sum() for v in seeds.values()] for model, seeds in spectra.items()})
    left.set(xlabel="principal direction", ylabel="share of the variance", ylim=(0, None))
    left.legend()
    rates = tests.map(lambda every: rate.by_dimension(every.mean, every.logvar))
    figures.lines(right, {label(model): [r for r in seeds.values() if len(r)] for model, seeds in rates.items()})
    right.set(xlabel="dimension, sorted", ylabel="rate (nats)", ylim=(0, None))
    return drawn


def _draw_likeness(means: Grid[Codes]) -> Figure:
    spaces = {f"{label(model)} {seed}": codes for model, seeds in means.items() for seed, codes in seeds.items()}
    drawn = figures.figure(4.2)
    for axes, alike, title in zip(
        drawn.subplots(1, 2),
        (linear_cka, procrustes_distance),
        ("linear CKA (1 is alike)", "Procrustes distance (0 is alike)"),
        strict=True,
    ):
        values = np.array([[alike(a, b) for b in spaces.values()] for a in spaces.values()])
        figures.heatmap(axes, values, list(spaces), title)
    return drawn
