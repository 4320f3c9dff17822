"""How fast is it, beside what people use? `make bench` runs all of it, in about half an hour.

It reads `data/raw` and the codes of the study, and writes `docs/performance.md` and its figure, all of it or nothing.
`lightning` and `pythae` must be there: `make bench` puts them into a folder of their own.
"""

import importlib.metadata
import platform
from datetime import UTC, datetime
from pathlib import Path

from joblib import cpu_count

from benchmarks import seeds, silhouettes, studies, trainings
from benchmarks.published import cpu
from benchmarks.text import paragraph
from latente import figures, files, paths
from latente.data import mnist

PAGE, FIGURE = Path("docs/performance.md"), Path("docs/img/training.png")
_PACKAGES = ("torch", "torchvision", "numpy", "scikit-learn", "lightning", "pythae", "dvc", "mlflow")


def main() -> None:
    """Measure, and write the page."""
    cores = cpu_count()
    train, test = mnist.load(paths.raw())
    whole = studies.default()
    sections = [studies.tell(whole, studies.growth(), cores)]
    print(sections[-1], flush=True)
    sections.insert(0, silhouettes.tell(silhouettes.measure(paths.latents("vae", 0))))
    print(sections[0], flush=True)
    sections.insert(0, seeds.tell(seeds.measure(train, cores)))
    print(sections[0], flush=True)
    trained = trainings.measure(train, test, cores)
    sections.insert(0, trainings.tell(trained, trainings.floor(), FIGURE.relative_to(PAGE.parent).as_posix()))
    print(sections[0], flush=True)
    files.write(FIGURE, figures.to_png(trainings.draw(trained)))
    files.write(PAGE, "\n\n".join([_head(cores), *sections, ""]).encode())


def _head(cores: int) -> str:
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in _PACKAGES)
    made = f"Written by `make bench` on {datetime.now(UTC):%Y-%m-%d} on {cores} cores of {cpu()}"
    return "\n\n".join(["# Performance", paragraph(f"{made} (Python {platform.python_version()}, {versions}).")])


if __name__ == "__main__":
    main()
