"""The documents tell the truth."""

import json
import re
from pathlib import Path

import pytest

from latente import intervals
from tests.support import ROOT

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


def metric(path: str) -> dict:
    """A summary in the committed metrics: `analysis.subject.metric`."""
    analysis, *parts = path.split(".")
    node = json.loads((ROOT / f"reports/metrics/{analysis}.json").read_bytes())
    for part in parts:
        node = node[part]
    return node


def test_the_sentences_below_the_table_hold() -> None:
    """Each claim in words, as a comparison of the committed metrics."""
    ae, vae = (metric(f"separation.{model}.silhouette")["seeds"] for model in ("ae", "vae"))
    assert all(vae[seed] < ae[seed] for seed in ae)
    ari = [metric(f"separation.{model}.kmeans_ari") for model in ("ae", "vae")]
    assert ari[1]["mean"] > ari[0]["mean"]
    assert intervals.paired(ari[0]["seeds"], ari[1]["seeds"]).verdict == "undecided"
    assert round(metric("prior.ae.standard.accepted")["mean"], 3) == 0.001
    assert metric("prior.vae.standard.accepted")["mean"] < 0.5
    assert f"accepts {metric('prior.test_images.accepted')['mean']:.0%}".replace("%", " %") in " ".join(README.split())
    accepted, fid = (
        [metric(f"prior.{m}.mixture.{name}")["mean"] for m in ("ae", "vae")] for name in ("accepted", "fid")
    )
    assert accepted[1] - 0.1 < accepted[0] < accepted[1]
    assert fid[0] < fid[1]
    assert f"correlate {metric('centroids.ae~vae.correlation')['mean']:.3f}" in README
    assert all(
        metric("geometry.ae~vae.cka")["mean"] < metric(f"geometry.{model}~{model}.cka")["mean"]
        for model in ("ae", "vae")
    )


def test_every_file_named_exists() -> None:
    """Links and figures."""
    for name in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / name).exists(), name


def leaves(node: dict, path: tuple[str, ...] = ()) -> set[str]:
    """The names of the metrics in a metrics file."""
    if not isinstance(node, dict) or "mean" in node:
        return {path[-1]} if not path[-1].isdigit() else {f"{path[-2]}.N"}
    return set().union(*(leaves(inner, (*path, name)) for name, inner in node.items()))


@pytest.mark.parametrize("file", sorted((ROOT / "reports/metrics").rglob("*.json")), ids=lambda file: file.stem)
def test_every_metric_is_in_the_glossary(file: Path) -> None:
    """By its name, or by the prefix that it shares with others."""
    glossary = (ROOT / "ARCHITECTURE.md").read_text().partition("## Glossary")[2]
    known = set(re.findall(r"`([\w.*]+)`", glossary))
    prefixes = tuple(name.removesuffix("*") for name in known if name.endswith("*"))
    unknown = {
        name for name in leaves(json.loads(file.read_bytes())) if name not in known and not name.startswith(prefixes)
    }
    assert not unknown
