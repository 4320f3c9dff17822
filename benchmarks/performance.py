"""How fast is this project, compared with common software? `make bench` measures it in parts.

The script reads `data/raw` and the codes of the study. After each part, it writes `docs/performance.md`, which keeps
the parts that were not measured again. It needs `lightning` and `pythae`: `make bench` installs them into a separate
folder.
"""

import argparse
import importlib.metadata
import platform
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from joblib import cpu_count

from benchmarks import frames, growth, mnist, seeds, silhouettes, starts, studies, suite, trainings
from benchmarks.published import cpu
from benchmarks.text import paragraph
from latente.project import files, paths

PAGE, CURVES = Path("docs/performance.md"), Path("docs/img/training.png")
_PACKAGES = ("torch", "torchvision", "numpy", "scikit-learn", "lightning", "pythae", "dvc", "mlflow")


def main() -> None:
    """Measure the chosen parts, and write each into the page."""
    parser = argparse.ArgumentParser("python -m benchmarks.performance", description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"some of {', '.join(PARTS)}; by default, all parts")
    chosen = parser.parse_args().parts or list(PARTS)
    if unknown := set(chosen) - set(PARTS):  # the option `choices` of argparse refuses an empty list
        parser.error(f"no part {', '.join(sorted(unknown))}; known: {', '.join(PARTS)}")
    cores = cpu_count()
    for name in (name for name in PARTS if name in chosen):
        title, _, text = PARTS[name](cores).partition("\n\n")
        parts = read(PAGE.read_text(encoding="utf-8")) if PAGE.exists() else {}
        parts[name] = "\n\n".join([title, _origin(name, cores), text])
        files.write(PAGE, write(parts).encode())


def read(page: str) -> dict[str, str]:
    """The parts of a page: name -> text.

    Example:
        >>> read(write({"seeds": "## Several seeds", "training": "## Training"}))
        {'training': '## Training', 'seeds': '## Several seeds'}
    """
    _, *found = re.split(r"<!-- part (\w+) -->\n", page)
    return {name: text.strip() for name, text in zip(found[::2], found[1::2], strict=True)}


def write(parts: Mapping[str, str]) -> str:
    """The page of some parts, in the order of `PARTS`."""
    texts = [f"<!-- part {name} -->\n{parts[name]}" for name in PARTS if name in parts]
    return "\n\n".join(["# Performance", *texts, ""])


def _training(cores: int) -> str:
    found = trainings.measure()
    files.write(CURVES, trainings.draw(found.curves))
    return trainings.to_markdown(
        found, {count: trainings.floor(count) for count in (cores, 1)}, trainings.shares(cores)
    )


def _seeds(cores: int) -> str:
    train, _ = mnist.load()
    return seeds.to_markdown(seeds.measure(train, cores))


def _silhouettes(_: int) -> str:
    return silhouettes.to_markdown(silhouettes.measure(paths.latents("vae", 0)))


PARTS: dict[str, Callable[[int], str]] = {
    "training": _training,
    "seeds": _seeds,
    "silhouettes": _silhouettes,
    "study": lambda cores: studies.to_markdown(studies.default(), cores),
    "growth": lambda _: growth.to_markdown(growth.measure()),
    "starts": lambda _: starts.to_markdown(starts.measure()),
    "explorer": lambda _: frames.to_markdown(frames.measure()),
    "tests": lambda cores: suite.to_markdown(suite.measure(), cores),
}


def _origin(name: str, cores: int) -> str:
    installed = {one.name.lower() for one in importlib.metadata.distributions()}
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in _PACKAGES if name in installed)
    made = f"`make bench PARTS={name}` measured this part on {datetime.now(UTC):%Y-%m-%d}, on {cores} cores of {cpu()}"
    return paragraph(f"{made} (Python {platform.python_version()}, {versions}).")


if __name__ == "__main__":
    main()
