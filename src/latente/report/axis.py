"""The axis of a plot: positions in percent of its length, and round numbers for its ticks."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from latente.report import numbers

_MARGIN = 0.06
"""Free space at both ends, as a share of what the axis shows."""

_TICKS = 4
"""About so many ticks fit on a telephone."""


@dataclass(frozen=True)
class Axis:
    """A linear axis.

    Attributes:
        low: Least value that it shows.
        high: Greatest value that it shows, above `low`.
    """

    low: float
    high: float

    @classmethod
    def showing(cls, values: Sequence[float]) -> "Axis":
        """The axis that shows these values; around a single value if they are all the same."""
        low, high = min(values), max(values)
        around = 0.0 if low < high else abs(low) / 2 or 1.0
        return cls(low - around, high + around)

    def position(self, value: float) -> float:
        """Where a value is, in percent of the length with its margins.

        Example:
            >>> axis = Axis(0.0, 1.0)
            >>> axis.position(0.0), axis.position(0.5)
            (5.36, 50.0)
        """
        share = (value - self.low) / (self.high - self.low)
        return round(100 * (share + _MARGIN) / (1 + 2 * _MARGIN), 2)

    def ticks(self) -> list[tuple[float, str]]:
        """Position and label of at least two round numbers.

        Example:
            >>> [label for _, label in Axis(-0.01, 0.03).ticks()]
            ['−0.01', '0.00', '0.01', '0.02', '0.03']
        """
        step = self._step()
        digits = next((count for count in range(9) if math.isclose(step, round(step, count))), 9)
        first, last = math.ceil(self.low / step - 1e-6), math.floor(self.high / step + 1e-6)
        return [(self.position(n * step), numbers.number(n * step, digits)) for n in range(first, last + 1)]

    def _step(self) -> float:
        least = (self.high - self.low) / _TICKS
        exponent = math.floor(math.log10(least))
        steps = (float(f"{factor}e{exponent}") for factor in (1, 2, 2.5, 5, 10))
        return next(step for step in steps if step >= least * (1 - 1e-6))
