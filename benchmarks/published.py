"""Do the project's models give what others published? Run by hand: `python -m benchmarks.published`.

It reads `data/raw`, and writes `docs/results.md` and its figure, all of it or nothing.
"""

import platform
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import torch

from benchmarks import betas, example, likelihood, text
from latente.data import mnist
from latente.determinism import threads
from latente.project import files, paths
from latente.results import figures

SEEDS = (0, 1, 2)
THREADS = 2
PAGE, FIGURE = Path("docs/results.md"), Path("docs/img/likelihood.png")


def main() -> None:
    """Train, measure, and write the page."""
    threads.limit(THREADS)
    start = time.perf_counter()
    train, test = mnist.load(paths.raw())
    sections = [example.tell(example.measure(train, test, SEEDS))]
    print(sections[-1])
    found = likelihood.measure(train, test)
    sections.append(likelihood.tell(found))
    print(sections[-1])
    sections.append(betas.tell(betas.measure(train, test, SEEDS)))
    print(sections[-1])
    files.write(FIGURE, figures.to_png(likelihood.draw(found.curve)))
    files.write(
        PAGE, "\n".join([head((time.perf_counter() - start) / 60, time.process_time() / 60), *sections]).encode()
    )


def head(minutes: float, busy: float) -> str:
    """What made the page, when, where, in how many minutes, and in how many of processor time over all threads."""
    libraries = f"Python {platform.python_version()}, torch {torch.__version__}, numpy {np.__version__}"
    made = f"`python -m benchmarks.published` on {datetime.now(UTC):%Y-%m-%d} ({libraries})"
    cost = f"{minutes:.1f} minutes on {THREADS} threads of {cpu()}, {busy:.1f} minutes of processor time in all"
    return f"""\
# Against published numbers

The models and objectives of the project in the setups of numbers that others published: a check of the implementation,
apart from the study. ↑ higher is better, ↓ lower is better; sd is the sample's, over seeds.

{text.paragraph(f"Written by {made}: {cost}.")}
"""


def cpu(info: Path = Path("/proc/cpuinfo")) -> str:
    """The processor's name, as far as the system tells it."""
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


if __name__ == "__main__":
    main()
