"""The measured numbers of one training, of a pair of trainings, or of a baseline."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Shaped

from latente.results import jackknife
from latente.results.jackknife import Replicates


@dataclass(frozen=True)
class Measurement:
    """Values of metrics; some metrics also have values without each group of images.

    A dot separates levels: `gaussian.fid` is the `fid` of the samples of `gaussian`.

    Attributes:
        metrics: Metric -> value.
        replicates: Metric -> the value without each group of images, for some metrics.
    """

    metrics: Mapping[str, float]
    replicates: Mapping[str, Replicates] = field(default_factory=dict)

    @classmethod
    def over_images(cls, values: Mapping[str, Shaped[np.ndarray, " _"]]) -> "Measurement":
        """Metrics that are means over images of a number or a boolean.

        Args:
            values: Metric -> value of every image. Two metrics may have different images.

        Example:
            >>> Measurement.over_images({"accepted": np.array([True, False] * 20)}).metrics
            {'accepted': 0.5}
        """
        means = {name: float(value.mean()) for name, value in values.items()}
        return cls(means, {name: jackknife.left_out(value) for name, value in values.items()})

    @classmethod
    def recomputed(cls, metrics: Mapping[str, Callable[[Bool[np.ndarray, " _"]], float]], count: int) -> "Measurement":
        """Metrics that must be recomputed for every subset of images.

        Args:
            metrics: Metric -> a function of the mask of the images to use.
            count: Number of images.
        """
        everyone = np.ones(count, dtype=bool)
        return cls(
            {name: metric(everyone) for name, metric in metrics.items()},
            {name: jackknife.recomputed(metric, count) for name, metric in metrics.items()},
        )

    @classmethod
    def from_parts(cls, values: Mapping[str, Float[np.ndarray, " parts"]]) -> "Measurement":
        """Metrics from arrays. Element 0 is the value of all images; the others are the values without each group."""
        return cls({n: float(parts[0]) for n, parts in values.items()}, {n: parts[1:] for n, parts in values.items()})

    def __or__(self, other: "Measurement") -> "Measurement":
        return Measurement({**self.metrics, **other.metrics}, {**self.replicates, **other.replicates})

    def only(self, metrics: Collection[str]) -> "Measurement":
        """The given metrics, as far as there are values.

        Example:
            >>> Measurement({"mse": 0.5, "bias": 0.1}).only(["mse", "rate"]).metrics
            {'mse': 0.5}
        """
        return Measurement(
            {name: value for name, value in self.metrics.items() if name in metrics},
            {name: values for name, values in self.replicates.items() if name in metrics},
        )

    def under(self, level: str) -> "Measurement":
        """The same metrics, one level deeper.

        Example:
            >>> Measurement({"fid": 2.0}).under("gaussian").metrics
            {'gaussian.fid': 2.0}
        """
        return Measurement(under(level, self.metrics), under(level, self.replicates))


Measurements = Mapping[str, Mapping[str, Measurement]]
"""Subject (a model, a pair of models, a baseline) -> seed (or pair of seeds) -> its measurement."""


def under(level: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """The same names, one level deeper."""
    return {f"{level}.{name}": value for name, value in values.items()}
