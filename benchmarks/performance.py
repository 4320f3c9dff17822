"""How fast is this project, compared with common software? `make bench` measures it in about half an hour.

The script reads `data/raw` and the codes of the study. It writes `docs/performance.md` at the end. It needs
`lightning` and `pythae`: `make bench` installs them into a separate folder.
"""

import argparse
import importlib.metadata
import platform
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from joblib import cpu_count

from benchmarks import seeds, silhouettes, studies, trainings
from benchmarks.published import cpu
from benchmarks.text import paragraph
from latente.data import mnist
from latente.project import files, paths

PAGE, CURVES = Path("docs/performance.md"), Path("docs/img/training.png")
_PACKAGES = ("torch", "torchvision", "numpy", "scikit-learn", "lightning", "pythae", "dvc", "mlflow")


def main() -> None:
    """Measure the chosen sections, and write the page."""
    parser = argparse.ArgumentParser("python -m benchmarks.performance", description=__doc__)
    parser.add_argument("sections", nargs="*", help=f"some of {', '.join(SECTIONS)}; by default, all sections")
    chosen = parser.parse_args().sections or list(SECTIONS)
    if unknown := set(chosen) - set(SECTIONS):  # the option `choices` of argparse refuses an empty list
        parser.error(f"no section {', '.join(sorted(unknown))}; known: {', '.join(SECTIONS)}")
    cores = cpu_count()
    found = [measure(cores) for name, measure in SECTIONS.items() if name in chosen]
    files.write(PAGE, "\n\n".join([_head(cores), *found, ""]).encode())


def _training(cores: int) -> str:
    found = trainings.measure()
    files.write(CURVES, trainings.draw(found.curves))
    return trainings.to_markdown(
        found, {count: trainings.floor(count) for count in (cores, 1)}, trainings.shares(cores)
    )


def _seeds(cores: int) -> str:
    train, _ = mnist.load(paths.raw())
    return seeds.to_markdown(seeds.measure(train, cores))


def _silhouettes(_: int) -> str:
    return silhouettes.to_markdown(silhouettes.measure(paths.latents("vae", 0)))


def _study(cores: int) -> str:
    return studies.to_markdown(studies.default(), studies.growth(), cores)


SECTIONS: dict[str, Callable[[int], str]] = {
    "training": _training,
    "seeds": _seeds,
    "silhouettes": _silhouettes,
    "study": _study,
}


def _head(cores: int) -> str:
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in _PACKAGES)
    made = f"`make bench` wrote this page on {datetime.now(UTC):%Y-%m-%d}, on {cores} cores of {cpu()}"
    return "\n\n".join(["# Performance", paragraph(f"{made} (Python {platform.python_version()}, {versions}).")])


if __name__ == "__main__":
    main()
