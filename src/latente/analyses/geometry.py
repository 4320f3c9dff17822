"""Geometry: how different the latent spaces really are."""

from typing import Annotated

import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure
from pydantic import Field
from scipy.spatial import procrustes

from latente import dimension, figures, groups, pairs
from latente.data.mnist import Images
from latente.data.splits import stratified
from latente.groups import Replicates
from latente.latents import Latents
from latente.params import Section, Seed
from latente.result import Grid, Result

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
    tests = {model: {seed: every.only("test") for seed, every in seeds.items()} for model, seeds in codes.items()}
    means = {
        model: {seed: each.mean.astype(np.float64) for seed, each in seeds.items()} for model, seeds in tests.items()
    }
    chosen = stratified(test.labels, min(options.images, len(test)), options.seed)
    scores = {
        model: {
            str(seed): measure(each, options) | dimension.intrinsic(each.mean[chosen], options.neighbours)
            for seed, each in seeds.items()
        }
        for model, seeds in tests.items()
    }
    grey = (test.pixels[chosen] / 255).astype(np.float32)
    scores |= pairs.compare(means, likeness) | {"pixels": {"data": dimension.intrinsic(grey, options.neighbours)}}
    replicates = {
        model: {str(seed): dimension.left_out(each.mean[chosen], options.neighbours) for seed, each in seeds.items()}
        for model, seeds in tests.items()
    }
    replicates |= pairs.compare(means, _left_out) | {"pixels": {"data": dimension.left_out(grey, options.neighbours)}}
    full = _normal(len(chosen), next(iter(next(iter(means.values())).values())).shape[1], options.seed)
    scores["gaussian"] = {"data": dimension.intrinsic(full, options.neighbours)}
    replicates["gaussian"] = {"data": dimension.left_out(full, options.neighbours)}
    drawn = {"spectrum": _draw_spectrum(tests), "likeness": _draw_likeness(means)}
    return Result(scores, drawn, replicates)


def measure(codes: Latents, options: Options) -> dict[str, float]:
    """One latent space.

    Returns:
        active_units: Dimensions whose mean varies over images by more than the threshold (Burda et al. 2016).
        effective_dimension: Participation ratio of the variance spectrum, from 1 to latent_dim.
        variance: Total variance of the mean codes.
        rate.N: Mean KL to the prior of the N-th largest dimension, in nats; none for a point posterior.
    """
    spectrum = dimension.variances(codes.mean.astype(np.float64))
    found = {
        "active_units": float((codes.mean.astype(np.float64).var(0) > options.active).sum()),
        "effective_dimension": dimension.effective(spectrum),
        "variance": float(spectrum.sum()),
    }
    return found | {f"rate.{n}": float(rate) for n, rate in enumerate(rates(codes), start=1)}


def rates(codes: Latents) -> Float[np.ndarray, " latent"]:
    """Mean KL from posterior to prior of each dimension, in nats, largest first; empty for a point posterior."""
    mean, logvar = codes.mean.astype(np.float64), codes.logvar.astype(np.float64)
    if not np.isfinite(logvar).all():
        return np.empty(0)
    return np.sort(0.5 * (np.square(mean) + np.exp(logvar) - 1 - logvar).mean(0))[::-1]


def linear_cka(a: Codes, b: Codes) -> float:
    """Linear centred kernel alignment of two sets of codes of the same images, in [0, 1]; 1 is alike.

    Invariant to rotation and to isotropic scale. Codes that do not vary have nothing in common with others: 0.

    References:
        Kornblith et al. 2019. https://arxiv.org/abs/1905.00414

    Example:
        >>> codes = np.random.default_rng(0).normal(size=(50, 3))
        >>> round(linear_cka(codes, 2 * codes[:, ::-1] + 1), 6)
        1.0
    """
    if not (_vary(a) and _vary(b)):
        return 0.0
    a, b = a - a.mean(0), b - b.mean(0)
    cross = np.square(b.T @ a).sum()
    return float(cross / (np.linalg.norm(a.T @ a) * np.linalg.norm(b.T @ b)))


def mapped_cka(a: Codes, b: Codes) -> float:
    """Linear CKA after the best linear map of one space onto the other, mean of both directions; 1 is alike.

    What is left below 1 no rotation, scale or shear explains.
    """
    return (linear_cka(_mapped(a, b), b) + linear_cka(_mapped(b, a), a)) / 2


def _mapped(a: Codes, b: Codes) -> Codes:
    """The least-squares image of a in the space of b, both centred."""
    a, b = a - a.mean(0), b - b.mean(0)
    return np.asarray(a @ np.linalg.lstsq(a, b, rcond=None)[0])


def procrustes_distance(a: Codes, b: Codes) -> float:
    """Squared distance left after the best shift, scale and rotation, both sets of unit norm; in [0, 1]; 0 is alike.

    Codes that do not vary have nothing in common with others: 1.
    """
    return float(procrustes(a, b)[2]) if _vary(a) and _vary(b) else 1.0


def _vary(codes: Codes) -> bool:
    return bool(np.ptp(codes, axis=0).any())


def likeness(a: Codes, b: Codes) -> dict[str, float]:
    """How alike two spaces are: `cka`, `mapped_cka` (higher is more alike), `procrustes` (lower is more alike)."""
    return {"cka": linear_cka(a, b), "mapped_cka": mapped_cka(a, b), "procrustes": procrustes_distance(a, b)}


def _left_out(a: Codes, b: Codes) -> dict[str, Replicates]:
    return {
        "cka": groups.recomputed(lambda kept: linear_cka(a[kept], b[kept]), len(a)),
        "mapped_cka": groups.recomputed(lambda kept: mapped_cka(a[kept], b[kept]), len(a)),
    }


def _normal(images: int, latent_dim: int, seed: int) -> Codes:
    return np.random.default_rng(seed).standard_normal((images, latent_dim))


def _draw_spectrum(tests: Grid[Latents]) -> Figure:
    drawn = figures.figure(3.2)
    left, right = drawn.subplots(1, 2)
    spectra = {
        m: [dimension.variances(each.mean.astype(np.float64)) for each in seeds.values()] for m, seeds in tests.items()
    }
    figures.lines(left, {figures.label(model): [v / v.sum() for v in seeds] for model, seeds in spectra.items()})
    left.set(xlabel="principal direction", ylabel="share of the variance", ylim=(0, None))
    left.legend()
    figures.lines(
        right, {figures.label(m): [r for each in seeds.values() if len(r := rates(each))] for m, seeds in tests.items()}
    )
    right.set(xlabel="dimension, sorted", ylabel="rate (nats)", ylim=(0, None))
    return drawn


def _draw_likeness(means: Grid[Codes]) -> Figure:
    spaces = {f"{figures.label(model)} {seed}": each for model, seeds in means.items() for seed, each in seeds.items()}
    drawn = figures.figure(4.2)
    for axes, measure_, title in zip(
        drawn.subplots(1, 2),
        (linear_cka, procrustes_distance),
        ("linear CKA (1 is alike)", "Procrustes distance (0 is alike)"),
        strict=True,
    ):
        values = np.array([[measure_(a, b) for b in spaces.values()] for a in spaces.values()])
        figures.heatmap(axes, values, list(spaces), title)
    return drawn
