"""Projection: the latent space drawn in two dimensions."""

from typing import Annotated

import numpy as np
from jaxtyping import Bool, Float, UInt8
from matplotlib.figure import Figure
from pydantic import Field
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE, trustworthiness
from sklearn.model_selection import cross_val_predict
from sklearn.neighbors import KNeighborsClassifier

from latente import figures, groups
from latente.data.splits import stratified
from latente.latents import Latents
from latente.params import Section, Seed
from latente.result import Grid, Result

Points = Float[np.ndarray, "images 2"]
Drawings = dict[str, Points]
"""Method -> the codes in the plane."""

_TITLES = {"pca": "PCA", "tsne": "t-SNE"}


class Options(Section):
    """Test images drawn; t-SNE's perplexity; neighbours of both scores; seed."""

    images: Annotated[int, Field(ge=100, le=10_000)]
    perplexity: Annotated[float, Field(ge=1, le=1000)]
    neighbours: Annotated[int, Field(ge=1, le=40)]
    seed: Seed


def analyse(codes: Grid[Latents], options: Options) -> Result:
    """Draw the test codes by PCA and by t-SNE, for every model and seed; the figure shows the first seed.

    Returns:
        `pca` and `tsne`, each with `trustworthiness` (are neighbours in the plane neighbours in the latent space?; in
        [0, 1], higher is better) and `knn_accuracy` (five-fold, in the plane; higher is better).
    """
    scores: dict[str, dict[str, dict[str, float]]] = {}
    replicates: dict[str, dict[str, dict[str, groups.Replicates]]] = {}
    shown: dict[str, Drawings] = {}
    labels = np.empty(0, dtype=np.uint8)
    for model, seeds in codes.items():
        for seed, every in seeds.items():
            test = every.only("test")
            chosen = stratified(test.label, min(options.images, len(test.label)), options.seed)
            mean, labels = test.mean[chosen].astype(np.float64), test.label[chosen]
            drawings = _drawings(mean, options)
            correct = {method: told(points, labels, options.neighbours) for method, points in drawings.items()}
            scores.setdefault(model, {})[str(seed)] = {
                f"{method}.{name}": value
                for method, points in drawings.items()
                for name, value in (
                    ("trustworthiness", float(trustworthiness(mean, points, n_neighbors=options.neighbours))),
                    ("knn_accuracy", float(correct[method].mean())),
                )
            }
            replicates.setdefault(model, {})[str(seed)] = {
                f"{method}.knn_accuracy": groups.left_out(each) for method, each in correct.items()
            }
            shown.setdefault(model, drawings)
    return Result(scores, {"projections": _draw(shown, labels)}, replicates)


def pca(codes: Float[np.ndarray, "images latent"]) -> Points:
    """The two directions of largest variance; the sign of each is fixed by its largest loading.

    A latent space of one dimension lies on the horizontal axis.
    """
    points = PCA(min(2, codes.shape[1]), svd_solver="full").fit_transform(codes)
    return np.pad(points, ((0, 0), (0, 2 - points.shape[1])))


def tsne(codes: Float[np.ndarray, "images latent"], start: Points, options: Options) -> Points:
    """t-SNE, the perplexity capped for few images; codes that are all alike are one point.

    Args:
        codes: What to draw.
        start: Where the points begin, shrunk to a spread of 1e-4.
        options: Perplexity and seed.
    """
    spread = start[:, 0].std()
    if spread == 0:
        return np.zeros_like(start)  # scikit-learn's crashes
    perplexity = min(options.perplexity, (len(codes) - 1) / 3)
    points: Points = TSNE(
        perplexity=perplexity, init=start / spread * 1e-4, random_state=options.seed, n_jobs=1
    ).fit_transform(codes)
    return points


def told(points: Points, labels: UInt8[np.ndarray, " images"], neighbours: int) -> Bool[np.ndarray, " images"]:
    """Which images their neighbours in the plane tell, five-fold: each by neighbours of the other four parts."""
    return np.asarray(cross_val_predict(KNeighborsClassifier(neighbours), points, labels, cv=5) == labels)


def _drawings(codes: Float[np.ndarray, "images latent"], options: Options) -> Drawings:
    flat = pca(codes)
    return {"pca": flat, "tsne": tsne(codes, flat, options)}


def _draw(shown: dict[str, Drawings], labels: UInt8[np.ndarray, " images"]) -> Figure:
    drawn = figures.figure(4.0 * len(shown) + 0.5)
    grid = drawn.subplots(len(shown), 2, squeeze=False)
    for row, (model, drawings) in zip(grid, shown.items(), strict=True):
        for axes, (method, points) in zip(row, drawings.items(), strict=True):
            figures.scatter(axes, points, labels)
            axes.set_title(f"{figures.label(model)}, {_TITLES[method]}", fontsize=10)
    figures.legend(drawn, title="digit", markerscale=4.0)
    return drawn
