"""A value for every model and seed of a study."""

from collections.abc import Callable, Iterator, Mapping
from typing import Generic, TypeVar

T = TypeVar("T")
U = TypeVar("U")


class Grid(Mapping[str, Mapping[int, T]], Generic[T]):
    """Model -> seed -> value, the models and seeds in the order of the study.

    Example:
        >>> grid = Grid({"ae": {0: 1.0, 1: 2.0}, "vae": {0: 3.0, 1: 4.0}})
        >>> grid.map(lambda value: value * 2).first
        {'ae': 2.0, 'vae': 6.0}
    """

    def __init__(self, values: Mapping[str, Mapping[int, T]]) -> None:
        self._values = values

    def __getitem__(self, model: str) -> Mapping[int, T]:
        return self._values[model]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def map(self, function: Callable[[T], U]) -> "Grid[U]":
        """A grid with the function applied to every value."""
        return Grid({model: {seed: function(value) for seed, value in seeds.items()} for model, seeds in self.items()})

    def zip(self, other: "Grid[U]") -> "Grid[tuple[T, U]]":
        """A grid of pairs: the values of both grids for the same model and seed."""
        return Grid({m: {seed: (value, other[m][seed]) for seed, value in seeds.items()} for m, seeds in self.items()})

    @property
    def first(self) -> dict[str, T]:
        """Model -> the value of its first seed. The figures show this seed."""
        return {model: next(iter(seeds.values())) for model, seeds in self.items()}

    @property
    def by_name(self) -> dict[str, dict[str, T]]:
        """Subject -> seed -> value with text as keys, the form that a `Result` needs."""
        return {model: {str(seed): value for seed, value in seeds.items()} for model, seeds in self.items()}
