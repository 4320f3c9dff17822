"""The documents tell the truth."""

import json
import re
from pathlib import Path

import pytest

from latente.project import params
from latente.report.page import _interval
from tests.support import ROOT

MEASURED = sorted(file for file in (ROOT / "reports/metrics").rglob("*.json") if file.stem != "claims")
README = (ROOT / "README.md").read_text()
ROW = re.compile(
    r"^\| (?P<label>[^|]+) \| (?P<ae>[^|]+) \| (?P<vae>[^|]+) \| `(?P<file>\w+\.json)`: `(?P<path>[\w.]+)` \|$",
    re.MULTILINE,
)


@pytest.mark.parametrize("row", list(ROW.finditer(README)), ids=lambda row: row["path"])
def test_every_number_of_the_table_is_in_the_committed_metrics(row: re.Match[str]) -> None:
    """Mean and spread of both models, to the digits shown."""
    metrics = json.loads((ROOT / "reports/metrics" / row["file"]).read_bytes())
    for model in ("ae", "vae"):
        node = metrics[model]
        for part in row["path"].split("."):
            node = node.get(part, {})
        shown = [float(number) for number in row[model].replace("−", "-").split(" ± ")] if row[model] != "–" else []
        digits = len(row[model].split(" ± ")[0].partition(".")[2])
        assert shown == [round(node[name], digits) for name in ("mean", "sd") if node]


def test_the_table_is_there() -> None:
    """The test above would pass without rows."""
    assert len(list(ROW.finditer(README))) >= 10


CLAIMS = json.loads((ROOT / "reports/metrics/claims.json").read_bytes())["claims"]
ORDER = list(params.load(ROOT / "params.yaml").claims.tested)
CLAIM = re.compile(r"^\| (?P<sentence>[^|]+) \| \*\*(?P<verdict>\w+)\*\* \| (?P<number>[^|]+) \|$", re.MULTILINE)


def deciding(claim: dict) -> str:
    """The first number that has the claim's verdict, as the report shows it."""
    number = next(test for test in claim["tests"] if test["verdict"] == claim["verdict"])
    return f"{number['name']}: {_interval(number)}"


def test_the_claims_are_those_of_the_committed_study() -> None:
    """Sentence, verdict, and the number that decides, word for word."""
    shown = [row.groups() for row in CLAIM.finditer(README)]
    assert shown == [(claim["sentence"], claim["verdict"], deciding(claim)) for claim in map(CLAIMS.get, ORDER)]
    assert set(ORDER) == set(CLAIMS)


def test_every_number_of_a_claim_was_measured() -> None:
    """A misspelt metric would pass for one that the study lacks."""
    numbers = [each for claim in CLAIMS.values() for part in ("tests", "beside", "survey") for each in claim[part]]
    assert [each["estimate"] for each in numbers if "missing" in each] == []
    assert len(numbers) > 50


def test_the_first_screen_answers_the_question() -> None:
    """With the interval, what other settings make of it, and in the words of the verdict."""
    first = " ".join(README[: README.index("## Two commands")].split())
    claim = CLAIMS["separation"]
    verdicts = [each["verdict"] for each in claim["survey"]]
    answers = {"supported": "It does not", "refuted": "It does", "undecided": "This study cannot tell"}
    assert f"separate the classes better?** {answers[claim['verdict']]}:" in first
    assert _interval(claim["tests"][0]) in first
    assert f"{verdicts.count('supported')} of {len(verdicts)} other settings" in first
    reversed_ = [number["name"] for number in claim["survey"] if number["verdict"] == "refuted"]
    assert reversed_, "those that reverse it are all of a smaller study"
    assert all(name.startswith("small study") for name in reversed_)
    knn, probe, ari = claim["beside"][:3]
    assert (knn["name"][:3], probe["name"][:12], ari["name"][:11]) == ("kNN", "linear probe", "k-means ARI")
    assert max(knn["high"], probe["high"]) < 0 < ari["low"]
    assert f"(ARI +{ari['mean']:.2f})" in first
    assert f"{verdicts.count('refuted')} {'reverses' if verdicts.count('refuted') == 1 else 'reverse'} it" in first


def test_every_file_named_exists() -> None:
    """Links and figures."""
    for name in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / name).exists(), name


def leaves(node: dict, path: tuple[str, ...] = ()) -> set[str]:
    """The names of the metrics in a metrics file."""
    if not isinstance(node, dict) or "mean" in node:
        return {path[-1]} if not path[-1].isdigit() else {f"{path[-2]}.N"}
    return set().union(*(leaves(inner, (*path, name)) for name, inner in node.items()))


@pytest.mark.parametrize("file", MEASURED, ids=lambda file: file.stem)
def test_every_metric_is_in_the_glossary(file: Path) -> None:
    """By its name, or by the prefix that it shares with others."""
    glossary = (ROOT / "ARCHITECTURE.md").read_text().partition("## Glossary")[2]
    known = set(re.findall(r"`([\w.*]+)`", glossary))
    prefixes = tuple(name.removesuffix("*") for name in known if name.endswith("*"))
    unknown = {
        name for name in leaves(json.loads(file.read_bytes())) if name not in known and not name.startswith(prefixes)
    }
    assert not unknown


def test_the_speeds_are_those_of_the_page_that_make_bench_wrote() -> None:
    """Each ratio and time, to the digits shown."""
    paragraph = README.partition("**How fast.**")[2].partition("\n\n")[0]
    page = (ROOT / "docs/performance.md").read_text()
    quoted = [number for number in re.findall(r"\d+(?:,\d{3})*(?:\.\d+)?", paragraph) if number != "16"]
    assert len(quoted) >= 7
    assert [number for number in quoted if not re.search(rf"(?<![\d.]){re.escape(number)}(?![\d.])", page)] == []
