"""What an analysis returns: measurements, and figures."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from matplotlib.figure import Figure

from latente.determinism import canonical
from latente.project import paths
from latente.results import figures, records
from latente.results.measurement import Measurements


@dataclass(frozen=True)
class Result:
    """Measurements and named figures of one analysis."""

    measurements: Measurements
    figures: Mapping[str, Figure] = field(default_factory=dict)

    @classmethod
    def without_labels(cls) -> "Result":
        """An analysis of classes that does not apply: no numbers, and a figure that says why, as DVC expects one."""
        return cls({}, {"left_out": figures.message("The images have no labels.")})

    def files(self, stage: str) -> dict[Path, bytes]:
        """The metrics file, the file of replicates, and the figures, each with its path.

        There is no file of replicates if no measurement has any.

        Raises:
            LatenteError: A number is not finite; JSON has no such numbers, and no reader could use it.
        """
        files = {paths.metrics(stage): records.to_json(stage, self.measurements)}
        replicates = records.replicates(self.measurements)
        if replicates or not self.measurements:
            files[paths.replicates(stage)] = canonical.to_json(replicates)
        return files | {paths.figure(stage, name): figures.to_png(figure) for name, figure in self.figures.items()}
