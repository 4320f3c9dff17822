"""One function per artefact. No other module spells a path. All paths are relative to the project's root."""

from collections.abc import Callable
from pathlib import Path


def params() -> Path:
    """The parameters of the study."""
    return Path("params.yaml")


def schema() -> Path:
    """The JSON Schema of the parameters."""
    return Path("params.schema.json")


def claims() -> Path:
    """The claims and their rules."""
    return Path("claims.yaml")


def claims_schema() -> Path:
    """The JSON Schema of the claims."""
    return Path("claims.schema.json")


def pipeline() -> Path:
    """The stages of the study, in DVC's format."""
    return Path("dvc.yaml")


def survey_pipeline() -> Path:
    """The stages of the survey, a separate pipeline."""
    return Path("survey/dvc.yaml")


def lock() -> Path:
    """DVC's record of the last run of every stage."""
    return Path("dvc.lock")


def requirements() -> Path:
    """Every package of a user's environment, with its version."""
    return Path("requirements.lock")


def versions() -> Path:
    """Parameter file with the versions of the packages that stages import."""
    return Path("versions.yaml")


def raw() -> Path:
    """Folder of the fetched data set: uncompressed IDX files, and data.json."""
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
    """The state of an unfinished training of one model from one seed; DVC does not track it."""
    return Path(f"data/checkpoints/{model}-{seed}")


def latents(model: str, seed: int) -> Path:
    """Codes of every image under one trained model."""
    return Path(f"data/latents/{model}-{seed}.safetensors")


def responses(model: str, seed: int) -> Path:
    """How one trained model responds to corrupted and foreign images, and along paths."""
    return Path(f"data/responses/{model}-{seed}.safetensors")


def pixel_responses() -> Path:
    """The same for mixtures of pixels, which need no model."""
    return Path("data/pixel_responses.safetensors")


def curve(model: str, seed: int) -> Path:
    """Losses of one training, one row per epoch."""
    return Path(f"data/curves/{model}-{seed}.csv")


def curves() -> Path:
    """Losses of all trainings in one table."""
    return Path("reports/curves.csv")


def of_trainings(path: Callable[[str, int], Path]) -> set[Path]:
    """All existing files of one kind of artefact, for any model and seed."""
    one = path("any", 0)
    return set(one.parent.glob(f"*-*{one.suffix}"))


def all_metrics() -> Path:
    """Folder of the metrics of every stage."""
    return Path("reports/metrics")


def metrics(stage: str) -> Path:
    """Metrics of one stage."""
    return all_metrics() / f"{stage}.json"


def replicates(stage: str) -> Path:
    """Metrics of one stage without each group of images."""
    return Path(f"data/replicates/{stage}.json")


def survey_params() -> Path:
    """The settings of the survey, and what all settings share."""
    return Path("survey/params.yaml")


def setting_weights(name: str, seed: int) -> Path:
    """Weights of the model of one setting of the survey, trained from one seed."""
    return Path(f"data/survey/{name}/{seed}.safetensors")


def other_study(name: str) -> Path:
    """The verdicts of a whole study under another setting."""
    return Path(f"survey/studies/{name}.json")


def setting(name: str) -> Path:
    """Metrics and replicates of one setting of the survey."""
    return Path(f"survey/results/{name}.json")


def beyond(name: str) -> Path:
    """Metrics and replicates of one variant of the league: what its codes hold beyond the classes."""
    return Path(f"survey/results/beyond/{name}.json")


def survey() -> Path:
    """The settings and their results in one file, which `latente survey` writes."""
    return Path("reports/survey.json")


def confirmation() -> Path:
    """The verdicts of the last confirmation, which `latente confirm` writes."""
    return Path("reports/confirmation.json")


def all_figures() -> Path:
    """Folder of the figures of every stage."""
    return Path("reports/figures")


def figure(stage: str, name: str) -> Path:
    """One figure of one stage."""
    return all_figures() / f"{stage}/{name}.png"


def sweep(key: str) -> Path:
    """Figure of metrics against one parameter."""
    return Path(f"reports/sweeps/{key}.png")


def plane(model: str) -> Path:
    """Weights of one model with codes of length 2, which only the explorer shows."""
    return Path(f"data/plane/{model}.safetensors")


def explore() -> Path:
    """The explorer: one interactive, self-contained page."""
    return Path("reports/explore.html")


def report(language: str = "en") -> Path:
    """The report: one self-contained page, in English (`en`) or in Spanish (`es`)."""
    return Path({"en": "reports/report.html", "es": "reports/informe.html"}[language])
