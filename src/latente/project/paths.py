"""One function per artefact: the only place that spells a path. All are relative to the project's root."""

from collections.abc import Callable
from pathlib import Path


def params() -> Path:
    """The parameters of the study."""
    return Path("params.yaml")


def schema() -> Path:
    """The JSON Schema of the parameters."""
    return Path("params.schema.json")


def pipeline() -> Path:
    """The stages, as DVC reads them."""
    return Path("dvc.yaml")


def survey_pipeline() -> Path:
    """The stages of the survey, a pipeline of its own."""
    return Path("survey/dvc.yaml")


def lock() -> Path:
    """What DVC knows of the last run of every stage."""
    return Path("dvc.lock")


def requirements() -> Path:
    """Every package of a user's environment, with its version."""
    return Path("requirements.lock")


def versions() -> Path:
    """The versions of the packages that stages import, as DVC reads them: a file of parameters."""
    return Path("versions.yaml")


def raw() -> Path:
    """Folder of the four canonical MNIST files, uncompressed IDX."""
    return Path("data/raw")


def study() -> Path:
    """The models and seeds that the analyses cover."""
    return Path("data/study.json")


def judge() -> Path:
    """Weights of the judge."""
    return Path("data/judge.safetensors")


def weights(model: str, seed: int) -> Path:
    """Weights of one model trained from one seed, at its best epoch."""
    return Path(f"data/weights/{model}-{seed}.safetensors")


def checkpoint(model: str, seed: int) -> Path:
    """The state of an unfinished training of one model from one seed; DVC does not know it."""
    return Path(f"data/checkpoints/{model}-{seed}")


def latents(model: str, seed: int) -> Path:
    """Codes of every image under one trained model."""
    return Path(f"data/latents/{model}-{seed}.safetensors")


def curve(model: str, seed: int) -> Path:
    """Losses of one training, a row an epoch."""
    return Path(f"reports/curves/{model}-{seed}.csv")


def of_trainings(path: Callable[[str, int], Path]) -> set[Path]:
    """The files there are of one kind of artefact, whatever the model and seed."""
    one = path("any", 0)
    return set(one.parent.glob(f"*-*{one.suffix}"))


def all_metrics() -> Path:
    """Folder of the metrics of every stage."""
    return Path("reports/metrics")


def metrics(stage: str) -> Path:
    """Metrics of one stage."""
    return all_metrics() / f"{stage}.json"


def replicates(stage: str) -> Path:
    """Metrics of one stage with each group of images left out."""
    return Path(f"data/replicates/{stage}.json")


def survey_params() -> Path:
    """The settings of the survey, and what they all share."""
    return Path("survey/params.yaml")


def setting(name: str) -> Path:
    """The metrics and replicates of one setting of the survey."""
    return Path(f"survey/results/{name}.json")


def survey() -> Path:
    """The settings and their results in one file, which `latente survey` writes."""
    return Path("reports/survey.json")


def training(model: str, seed: int) -> Path:
    """Metrics of one training at its best epoch."""
    return all_metrics() / f"train/{model}-{seed}.json"


def all_figures() -> Path:
    """Folder of the figures of every stage."""
    return Path("reports/figures")


def figure(stage: str, name: str) -> Path:
    """One figure of one stage."""
    return all_figures() / f"{stage}/{name}.png"


def sweep(key: str) -> Path:
    """The figure of metrics along one parameter."""
    return Path(f"reports/sweeps/{key}.png")


def report() -> Path:
    """The report: one self-contained page."""
    return Path("reports/report.html")
