"""Do the models of this project reach published numbers? A person runs `python -m benchmarks.published`.

The script reads `data/raw`. It writes `docs/results.md` and its figure after all measurements.
"""

import platform
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import torch

from benchmarks import betas, example, likelihood, mnist, text
from latente.determinism import threads
from latente.project import files
from latente.results import figures

SEEDS = (0, 1, 2)
THREADS = 2
PAGE, FIGURE = Path("docs/results.md"), Path("docs/img/likelihood.png")


def main() -> None:
    """Train, measure, and write the page."""
    threads.limit(THREADS)
    start = time.perf_counter()
    train, test = mnist.load()
    sections = [example.to_markdown(example.measure(train, test, SEEDS))]
    print(sections[-1])
    found = likelihood.measure(train, test)
    sections.append(likelihood.to_markdown(found))
    print(sections[-1])
    sections.append(betas.to_markdown(betas.measure(train, test, SEEDS)))
    print(sections[-1])
    files.write(FIGURE, figures.to_png(likelihood.draw(found.curve)))
    files.write(
        PAGE, "\n".join([head((time.perf_counter() - start) / 60, time.process_time() / 60), *sections]).encode()
    )


def head(minutes: float, busy: float) -> str:
    """The head of the page: command, date, versions, processor, minutes, and processor minutes of all threads."""
    libraries = f"Python {platform.python_version()}, torch {torch.__version__}, numpy {np.__version__}"
    made = f"`python -m benchmarks.published` on {datetime.now(UTC):%Y-%m-%d} ({libraries})"
    cost = f"{minutes:.1f} minutes on {THREADS} threads of {cpu()}, {busy:.1f} minutes of processor time in all"
    return f"""\
# Against published numbers

This page checks the implementation of the project. It trains the project's models and objectives in published setups,
and compares the results with the published numbers. It is not part of the study. ↑ means that higher is better, ↓ that
lower is better. sd is the sample standard deviation over seeds.

{text.paragraph(f"{made} wrote this page in {cost}.")}
"""


def cpu(info: Path = Path("/proc/cpuinfo")) -> str:
    """The name of the processor, or its architecture if the system has no name."""
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


if __name__ == "__main__":
    main()
