"""How long this process has waited for the store. The time in which it works itself does not count."""

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Silence:
    """The silence of a store. It starts now."""

    def __init__(self) -> None:
        self._since, self._working = time.monotonic(), False

    def end(self) -> None:
        """Note that the store has answered; a new silence starts."""
        self._since = time.monotonic()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Do work that does not wait for the store. On a busy machine it may take long, and is no silence."""
        self._working = True
        try:
            yield
        finally:
            self.end()
            self._working = False

    def seconds(self) -> float:
        """The length of the silence until now; 0 while this process works."""
        return 0.0 if self._working else time.monotonic() - self._since
