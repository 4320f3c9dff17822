"""Geometry: measures of every latent space, and differences between latent spaces."""

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
    """Threshold of active units; neighbours and images of the intrinsic dimension; seed of the choice of images."""

    active: Annotated[float, Field(ge=0, le=1e6)]
    neighbours: Annotated[int, Field(ge=3, le=99)]
    images: Annotated[int, Field(ge=100, le=10_000)]
    seed: Seed


def analyse(codes: Grid[Latents], test: Images, options: Options) -> Result:
    """Measure every latent space on mean test codes, and compare pairs of latent spaces.

    A pair is two models from one seed (subject `ae-vae`), or two seeds of one model (subject `ae-ae`, the reference).
    The subject `pixels` has the intrinsic dimension of the images themselves. The subject `gaussian` has that of as
    many normal points in the latent space, because the estimators underestimate high dimensions.
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
    """Measure one latent space.

    Returns:
        active_units: Number of dimensions whose mean has a variance above the threshold (Burda et al. 2016).
        effective_dimension: Participation ratio of the variance spectrum, from 1 to latent_dim.
        variance: Total variance of the mean codes.
        rate.N: Mean KL divergence from the prior, in nats, of the dimension with the N-th largest; not for a point
            posterior.
    """
    variances = spectrum.variances(codes.mean.astype(np.float64))
    rates = rate.by_dimension(codes.mean, codes.logvar)
    return {
        "active_units": float(active(codes.mean, options.active).sum()),
        "effective_dimension": spectrum.effective(variances),
        "variance": float(variances.sum()),
    } | {f"rate.{n}": float(value) for n, value in enumerate(rates, start=1)}


def likeness(a: Codes, b: Codes) -> Measurement:
    """Similarity of two spaces: `cka`, `mapped_cka` (higher is more similar), `procrustes` (lower is more similar)."""
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
        ("linear CKA (1: same shape)", "Procrustes distance (0: same shape)"),
        strict=True,
    ):
        values = np.array([[alike(a, b) for b in spaces.values()] for a in spaces.values()])
        figures.heatmap(axes, values, list(spaces), title)
    return drawn
