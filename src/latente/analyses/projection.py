"""Projection: the latent space drawn in two dimensions."""

from typing import Annotated

import numpy as np
from jaxtyping import Float, UInt8
from matplotlib.figure import Figure
from pydantic import Field
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE, trustworthiness
from sklearn.model_selection import cross_val_score
from sklearn.neighbors import KNeighborsClassifier

from latente import figures
from latente.data.splits import stratified
from latente.latents import Latents
from latente.params import Section, Seed
from latente.result import Grid, Result

Points = Float[np.ndarray, "images 2"]


class Options(Section):
    """Test images drawn; t-SNE's perplexity; neighbours of both scores; seed."""

    images: Annotated[int, Field(ge=100, le=10_000)]
    perplexity: Annotated[float, Field(ge=1, le=1000)]
    neighbours: Annotated[int, Field(ge=1, le=40)]
    seed: Seed


def analyse(codes: Grid[Latents], options: Options) -> Result:
    """Draw the test codes by PCA (every seed) and by t-SNE (the first seed of each model: it is the dear one).

    Returns:
        `pca` and `tsne`, each with `trustworthiness` (are neighbours in the plane neighbours in the latent space?; in
        [0, 1], higher is better) and `knn_accuracy` (five-fold, in the plane; higher is better).
    """
    scores: dict[str, dict[str, dict[str, float]]] = {}
    drawings: dict[str, dict[str, Points]] = {"PCA": {}, "t-SNE": {}}
    labels = np.empty(0, dtype=np.uint8)
    for model, seeds in codes.items():
        for number, (seed, every) in enumerate(seeds.items()):
            test = every.only("test")
            chosen = stratified(test.label, min(options.images, len(test.label)), options.seed)
            mean, labels = test.mean[chosen].astype(np.float64), test.label[chosen]
            drawn = {"pca": pca(mean)}
            if number == 0:
                drawn["tsne"] = tsne(mean, drawn["pca"], options)
            scores.setdefault(model, {})[str(seed)] = {
                f"{method}.{name}": value
                for method, points in drawn.items()
                for name, value in _scores(mean, points, labels, options.neighbours).items()
            }
            if number == 0:
                drawings["PCA"][model], drawings["t-SNE"][model] = drawn["pca"], drawn["tsne"]
    return Result(scores, {"projections": _draw(drawings, labels)})


def pca(codes: Float[np.ndarray, "images latent"]) -> Points:
    """The two directions of largest variance; the sign of each is fixed by its largest loading.

    A latent space of one dimension lies on the horizontal axis.
    """
    points = PCA(min(2, codes.shape[1]), svd_solver="full").fit_transform(codes)
    return np.pad(points, ((0, 0), (0, 2 - points.shape[1])))


def tsne(codes: Float[np.ndarray, "images latent"], start: Points, options: Options) -> Points:
    """t-SNE, the perplexity capped for few images.

    Args:
        codes: What to draw.
        start: Where the points begin, shrunk to a spread of 1e-4.
        options: Perplexity and seed.
    """
    perplexity = min(options.perplexity, (len(codes) - 1) / 3)
    points: Points = TSNE(
        perplexity=perplexity, init=start / start[:, 0].std() * 1e-4, random_state=options.seed, n_jobs=1
    ).fit_transform(codes)
    return points


def _scores(
    codes: Float[np.ndarray, "images latent"], points: Points, labels: UInt8[np.ndarray, " images"], neighbours: int
) -> dict[str, float]:
    accuracy = cross_val_score(KNeighborsClassifier(neighbours), points, labels, cv=5)
    return {
        "trustworthiness": float(trustworthiness(codes, points, n_neighbors=neighbours)),
        "knn_accuracy": float(accuracy.mean()),
    }


def _draw(drawings: dict[str, dict[str, Points]], labels: UInt8[np.ndarray, " images"]) -> Figure:
    models = list(drawings["PCA"])
    drawn = figures.figure(4.0 * len(models) + 0.5)
    grid = drawn.subplots(len(models), 2, squeeze=False)
    for column, (method, panels) in enumerate(drawings.items()):
        for row, (model, points) in enumerate(panels.items()):
            figures.scatter(grid[row][column], points, labels)
            grid[row][column].set_title(f"{figures.label(model)}, {method}", fontsize=10)
    figures.legend(drawn, title="digit", markerscale=4.0)
    return drawn
