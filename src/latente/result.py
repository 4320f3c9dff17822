"""What an analysis finds: a score for every subject and seed, and figures."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from matplotlib.figure import Figure

from latente import figures, paths, scores, serial
from latente.scores import LeftOut, Scores

T = TypeVar("T")
Grid = Mapping[str, Mapping[int, T]]
"""Model -> seed -> what that training made."""


@dataclass(frozen=True)
class Result:
    """Scores and named figures of one analysis, and what some scores are with each group of images left out."""

    scores: Scores
    figures: Mapping[str, Figure] = field(default_factory=dict)
    replicates: LeftOut = field(default_factory=dict)

    def files(self, stage: str) -> dict[Path, bytes]:
        """The metrics file, the replicates and the figures, each with its path.

        Raises:
            LatenteError: A score is not finite; JSON has no such numbers, and no reader could use it.
        """
        files = {paths.metrics(stage): serial.to_json(scores.summaries(self.scores))}
        if self.replicates:
            files[paths.replicates(stage)] = serial.to_json(scores.plain(self.replicates))
        return files | {paths.figure(stage, name): figures.to_png(figure) for name, figure in self.figures.items()}
