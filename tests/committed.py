"""The report of the committed metrics and figures, rendered by the templates of the working tree."""

import json
from collections.abc import Callable
from typing import Any

from ruamel.yaml import YAML

from latente.data import description, splits
from latente.project import params
from latente.report.page import Report
from latente.results import records
from tests.support import DIGITS, ROOT


def report(
    change: Callable[[Any], Any] = lambda decided: decided,
    *,
    measured: Callable[[str], bool] = lambda name: True,
    language: str = "en",
    **sections: object,
) -> bytes:
    """The page.

    Args:
        change: Changes the decided claims.
        measured: Whether the study measured a number, by its full name.
        language: Of the page.
        sections: Sections of the parameters that differ from params.yaml.
    """
    study = params.load(ROOT / "params.yaml")
    contents = {file.stem: json.loads(file.read_bytes()) for file in (ROOT / "reports/metrics").glob("*.json")}
    decided = change(contents.pop("claims")["claims"])
    figures = {
        folder.name: {file.stem: file.read_bytes() for file in folder.glob("*.png")}
        for folder in (ROOT / "reports/figures").iterdir()
    }
    texts = {
        "data": DIGITS,
        "explorer": _size_of_explorer(),
        "study": study.study,
        "split": splits.resolve(study.split, DIGITS.split),
        "of_judge": study.judge,
        "network": study.network,
        "train": description.lasting(study.train, DIGITS.epochs.train),
        "options": study.models,
        "analyses": study.analyses,
        "claims": params.rules(study.claims, ROOT / "claims.yaml"),
        "survey": json.loads((ROOT / "reports/survey.json").read_bytes())["survey"],
    }
    metrics = {name: seeds for name, seeds in records.read_all(contents).items() if measured(name)}
    return Report(metrics, decided, figures, study.study.models, texts | sections).render(language)


def _size_of_explorer() -> int:
    """Bytes of the page, from dvc.lock, because git does not have it."""
    (out,) = YAML(typ="safe").load(ROOT / "dvc.lock")["stages"]["explore"]["outs"]
    return int(out["size"])
