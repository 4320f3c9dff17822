"""The documents tell the truth, and their generated parts have words for every verdict."""

import inspect
import re
import runpy
import textwrap
from pathlib import Path
from typing import Any

import pytest

from documents import blocks, claims, directions, names, numbers, speeds, structure
from latente.errors import DataError
from latente.evidence.deciding import deciding
from latente.models.network import factory, weights
from latente.models.network.autoencoder import Sizes
from latente.project import files, params
from tests.support import ROOT, mlp

WRITTEN = [file for file in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")) if file.name != "licences.md"]
README = (ROOT / "README.md").read_text()


@pytest.fixture(autouse=True)
def _in_the_project(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks read paths relative to the root."""
    monkeypatch.chdir(ROOT)


def estimate(name: str, mean: float, verdict: str = "supported") -> dict[str, Any]:
    """A number of a claim, with an interval of ± 0.01."""
    interval = {"mean": mean, "low": mean - 0.01, "high": mean + 0.01, "seeds": 5, "images": True}
    return {"name": name, "estimate": "a.b.c", "rule": {"at_most": 0.0}, "verdict": verdict} | interval


def claim(verdict: str, survey: list[str], beside: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """A claim with one test, whose settings have the given verdicts."""
    return {
        "name": "separation",
        "sentence": "It does not.",
        "thesis": True,
        "verdict": verdict,
        "tests": [estimate("silhouette, VAE − AE", -0.02, "refuted" if verdict == "mixed" else verdict)],
        "beside": beside or [],
        "survey": [estimate(f"setting {index}", 0.0, word) for index, word in enumerate(survey)],
    }


def unwrapped(text: str) -> str:
    """Text without its line breaks."""
    return " ".join(text.split())


@pytest.mark.parametrize(
    ("verdict", "answer"),
    [("supported", "No."), ("mixed", "In part."), ("refuted", "Yes."), ("undecided", "This study cannot decide.")],
)
def test_the_answer_has_words_for_every_verdict(verdict: str, answer: str) -> None:
    """The question with its answer, and the number that decides with its interval."""
    text = unwrapped(claims.answer(claim(verdict, []), [], {}, 0.95))
    assert text.startswith(f"**Does the VAE separate the classes better than the AE, by silhouette? {answer}**")
    assert "Silhouette, VAE − AE: −0.020 [−0.030, −0.010] over seeds and images (95 % interval)." in text


def test_the_answer_says_why_a_clear_number_does_not_decide() -> None:
    """The correction for many claims leaves the claim undecided, and its p-value stands there."""
    tests = [estimate("silhouette, VAE − AE", -0.02) | {"p": 0.011}]
    left = claim("undecided", []) | {"tests": tests, "p": 0.089}
    text = unwrapped(claims.answer(left, [], {}, 0.95))
    assert "Alone, this number says no. After the correction for many claims (p = 0.089), it does not decide." in text


@pytest.mark.parametrize(
    ("verdict", "answer"),
    [("supported", "Yes."), ("mixed", "In part."), ("refuted", "No."), ("undecided", "This study cannot decide.")],
)
def test_the_answer_on_structure_has_words_for_every_verdict(verdict: str, answer: str) -> None:
    """The question with its answer, the factors, the numbers of both models, and the verdicts of other claims."""
    both = claim(verdict, []) | {"tests": [estimate("AE", 0.7), estimate("VAE", 0.6)]}
    text = unwrapped(structure.answer(both, [claim("mixed", [])], ["slant", "across"]))
    assert text.startswith(f"**Does the latent space have a structure beyond the classes? {answer}**")
    assert "differ in slant and horizontal position." in text
    shares = ("0.700 [0.690, 0.710]", "0.600 [0.590, 0.610]")
    assert "it is {} over seeds and images for the AE, and {} over seeds and images for the VAE".format(*shares) in text
    assert text.endswith("*Mixed*: It does not.")


def test_other_settings_are_counted_and_the_exceptions_are_named() -> None:
    """Settings with another verdict have their names, unless there are many of them."""
    few = claims.other_settings(claim("supported", ["supported", "refuted", "supported", "undecided"]))
    assert few == "Of 4 other settings, 2 say no, 1 says yes (setting 1) and 1 is undecided (setting 3)."
    many = claims.other_settings(claim("undecided", ["refuted"] * 4 + ["undecided"]))
    assert many == "Of 5 other settings, 4 say yes and 1 is undecided."
    assert claims.other_settings(claim("supported", [])) == ""


def test_whole_studies_are_counted_and_a_reversed_number_is_shown() -> None:
    """A study that did not run does not count. One with another verdict has its name, and an opposite first number."""
    settings = {"a": ["x=1"], "b": ["x=2", "study.models=[ae, vae, dae]"], "c": ["x=3"], "d": ["x=4"]}
    one = claim("supported", [])
    one["studies"] = {
        "a": {"verdict": "supported", "tests": [estimate("silhouette", -0.02)]},
        "b": {"verdict": "undecided", "tests": [estimate("silhouette", 0.02, "refuted"), estimate("noise", 0.0)]},
        "c": {"verdict": "undecided", "tests": [estimate("silhouette", 0.0, "undecided")]},
        "d": {"verdict": "not run", "tests": []},
    }
    assert claims.whole_studies(one, settings) == (
        "Of 3 whole studies with another parameter, 1 says no and 2 are undecided (`x=2`; `x=3`). With `x=2`, 1 of its "
        "2 numbers says yes before the correction; the first is 0.020 [0.010, 0.030] over seeds and images."
    )
    assert claims.whole_studies(one, {"d": ["x=4"]}) == ""


def test_further_measures_say_which_model_is_better() -> None:
    """By the whole interval, and in the direction of the measure."""
    found = [("ARI", 0.1), ("kNN", -0.1), ("Davies–Bouldin (lower is better)", -0.1), ("NMI", 0.001)]
    numbers = [estimate(f"{name}, VAE − AE", mean) for name, mean in found]
    assert claims.other_measures(numbers) == (
        "Other measures: by ARI and Davies–Bouldin, the VAE is better; by kNN, the AE is better; by NMI, the "
        "difference is undecided."
    )
    assert claims.other_measures([]) == ""


def test_a_claim_has_a_section_with_the_rule_of_each_number() -> None:
    """A number that was not measured says so; a number beside has no rule."""
    one = claim("refuted", [], [{"name": "ARI", "estimate": "a.b.d", "missing": "a.b.d"}])
    text = claims.details([one])
    assert "**Refuted**. Confirmation: not tried.\n\nThe claim is from the thesis; its name is `separation`." in text
    estimated = "| silhouette, VAE − AE | `a.b.c` | −0.020 [−0.030, −0.010] over seeds and images"
    assert f"{estimated} | at most 0 | – | refuted |" in text
    assert "| ARI | `a.b.d` | not measured: the study lacks a.b.d | – | – | – |" in text
    one["tests"][0] |= {"reason": "a null", "p": 0.2}
    text = claims.details([{**one, "p": 0.0123, "confirmation": "confirmed"}])
    assert "**Refuted** (p = 0.012 after Holm). Confirmation: confirmed." in text
    assert f"{estimated} | at most 0 | a null | refuted |" in text


def test_the_number_that_decides_belongs_to_the_verdict() -> None:
    """A mixed claim has a refuted number; if Holm leaves a claim undecided, its largest p-value decides."""
    numbers = [estimate(word, 0.0, word) | {"p": p} for word, p in (("supported", 0.02), ("refuted", 0.01))]
    expected = {"supported": "supported", "mixed": "refuted", "refuted": "refuted", "undecided": "supported"}
    one = claim("mixed", [])
    assert {word: deciding({**one, "verdict": word, "tests": numbers})["name"] for word in expected} == expected


def test_one_case_decides_a_claim_about_some_model() -> None:
    """Its number is that of the first case whose numbers all obey, not of another case with one that does."""
    words = {"a1": "supported", "a2": "refuted", "b1": "supported", "b2": "supported"}
    numbers = [estimate(name, 0.0, word) | {"p": 0.01, "case": name[0]} for name, word in words.items()]
    found = {word: deciding({**claim(word, []), "tests": numbers})["name"] for word in ("supported", "refuted")}
    assert found == {"supported": "b1", "refuted": "a2"}


def test_claims_are_counted_in_one_order() -> None:
    """Supported, mixed, refuted, undecided; the table has a column for the confirmation."""
    words = ["undecided", "refuted", "mixed", "supported", "mixed"]
    decided = [{**claim(word, []), "tests": [estimate("n", 0.0, "refuted")]} for word in words]
    assert claims.summary(decided, "claims") == (
        "Of 5 claims, 1 is supported, 2 are mixed, 1 is refuted and 1 is undecided."
    )
    table = claims.overview([{**claim("supported", []), "confirmation": "stale"}, claim("refuted", [])])
    assert "| It does not. | **supported** | stale | " in table
    assert "| It does not. | **refuted** | not tried | " in table


def test_a_published_direction_is_reproduced_if_the_whole_interval_has_its_sign() -> None:
    """The same difference reproduces one direction and contradicts another; what was not measured is undecided."""
    shifts = {"vae": 0.0, "beta_03": 1.0, "beta_4": 1.0}
    results = {}
    for name, shift in shifts.items():
        records = [{"subject": name, "seed": str(s), "metric": "rate", "value": shift + 0.01 * s} for s in range(5)]
        replicates = {name: {str(s): {"rate": [shift + 0.01 * s] * 20} for s in range(5)}}
        results[name] = {"records": records, "replicates": replicates}
    rows = {line.split(" | ")[0].strip("| "): line for line in directions.overview(results, 0.95).splitlines()}
    assert rows["rate, β 0.3 − VAE"].endswith("| above 0 | 1.000 [1.000, 1.000] over seeds and images | yes |")
    assert rows["rate, β 4 − VAE"].endswith("| below 0 | 1.000 [1.000, 1.000] over seeds and images | no |")
    assert rows["distortion, β 4 − VAE"].endswith("| undecided |"), "not measured"


def test_the_table_of_numbers_has_a_column_for_every_model() -> None:
    """Mean and deviation, and a dash where a model lacks a metric."""
    table = numbers.overview({"reconstruction.vae.rate": {"0": 19.0, "1": 20.0}}, ["ae", "vae"])
    assert "| metric | AE | VAE | full name |" in table
    assert "| rate, nats | – | 19.5 ± 0.7 | `reconstruction.MODEL.rate` |" in table


def test_the_table_of_numbers_shows_what_the_study_measures() -> None:
    """A misspelt metric would be a line of dashes."""
    measured = {re.sub(r"\.(ae|vae)\.", ".MODEL.", name) for name in blocks.measured()}
    assert {line.name for line in numbers.LINES} <= measured


def test_the_speeds_are_read_from_the_page() -> None:
    """The medians of its tables; a page without one of them is an error."""
    page = textwrap.dedent("""\
        `make bench` wrote this page on 2026-01-01, on 8
        cores of a processor.

        | way           | seconds (range) | times as fast as DataLoader | as pythae           |
        | ------------- | --------------- | --------------------------- | ------------------- |
        | latente, fp32 | 2.26 (2 to 3)   | 2.5 (2 to 3)                | 1.5 (1 to 2)        |
        | latente, bf16 | 1.74 (1 to 2)   | 3.5 (3 to 4)                | 2.25 (2 to 3)       |

        | codes  | latente (s)     | times as fast   |
        | ------ | --------------- | --------------- |
        | 20,000 | 0.4 (0.4 to .4) | 9.0 (8.9 to 9)  |

        `latente repro` takes **7.5 minutes** with an empty cache.
        """)
    text = unwrapped(speeds.summary(page))
    assert "2.5 times as fast as the usual loop" in text
    assert "1.5 times as fast as benchmark_VAE" in text
    assert "the factors are 3.5 and 2.25" in text
    assert "20,000 codes is 9.0 times" in text
    assert "takes 7.5 minutes on 8 cores" in text
    with pytest.raises(DataError, match="make bench"):
        speeds.summary(page.replace("latente, bf16", "another"))
    with pytest.raises(DataError, match="make bench"):
        speeds.summary(page.replace("minutes", "hours"))


def test_every_block_is_in_a_document() -> None:
    """A block that no document calls would be lost without a trace."""
    public = {name for name, _ in inspect.getmembers(blocks, inspect.isfunction) if not name.startswith("_")}
    text = "".join(file.read_text() for file in WRITTEN if file.name != "CONTRIBUTING.md")
    called = re.findall(
        r"^<!-- \[\[\[cog from documents import blocks; cog\.outl\(blocks\.(\w+)\(\)\) \]\]\] -->$", text, re.MULTILINE
    )
    assert set(called) == public - {"measured", "paragraph"}


def test_every_claim_was_tested() -> None:
    """The claims of claims.yaml are those of the committed study."""
    committed = {found["name"] for found in blocks._claims()}
    options = params.load(ROOT / "params.yaml").claims
    assert committed == set(params.rules(options, ROOT / "claims.yaml").tested)


def test_every_number_of_a_claim_was_measured() -> None:
    """A misspelt metric would pass for a metric that the study lacks."""
    found = [number for one in blocks._claims() for part in ("tests", "beside", "survey") for number in one[part]]
    assert [number["estimate"] for number in found if "missing" in number] == []
    assert len(found) > 50


@pytest.mark.parametrize("analysis", sorted({name.partition(".")[0] for name in blocks.measured()}))
def test_every_metric_is_in_the_glossary(analysis: str) -> None:
    """The last part of its name has a line; so has every level above it."""
    glossary = (ROOT / "docs/glossary.md").read_text().partition("## All names")[0]
    known = {part for entry in re.findall(r"`([\w.*]+)`", glossary) for part in entry.split(".")}
    metrics = {names.generic(name) for name in blocks.measured() if name.startswith(f"{analysis}.")}
    parts = {re.sub(r"^d\d+$", "d4", part) for metric in metrics for part in metric.split(".")[1:]}
    assert parts - known - {"raw", "standardised", "whitened", "vae_to_ae"} == set()


def test_the_example_in_readme_loads_encodes_and_decodes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It runs as it stands, with weights that the package has written."""
    (example,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    section = factory.options("vae").model_validate({"beta": 1.0})
    net = factory.build("vae", Sizes(784, 4, mlp((8,))), section, seed=0)
    files.write(tmp_path / "data/weights/vae-0.safetensors", weights.to_bytes(net, "vae", section))
    files.write(tmp_path / "example.py", example.encode())
    monkeypatch.chdir(tmp_path)
    found = runpy.run_path("example.py")
    assert found["code"].shape == (2, 4)
    assert found["image"].shape == (2, 784)
    assert 0 <= found["image"].min() <= found["image"].max() <= 1


def test_readme_fits_two_screens() -> None:
    """A newcomer reads it whole."""
    assert len(README.splitlines()) <= 100


@pytest.mark.parametrize("document", WRITTEN, ids=lambda file: file.name)
def test_every_link_leads_somewhere(document: Path) -> None:
    """Files and figures exist, and headings with the name of the link."""
    for name, _, heading in re.findall(r"\]\(([^)#:]*)(#([^)]+))?\)", document.read_text()):
        file = (document.parent / name) if name else document
        assert file.exists(), name
        if heading:
            titles = re.findall(r"^#+ (.+)$", file.read_text(), re.MULTILINE)
            assert heading in {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize(
    "document", [file for file in WRITTEN if file.name != "CHANGELOG.md"], ids=lambda file: file.name
)
def test_every_make_target_exists(document: Path) -> None:
    """A renamed target is renamed in the documents, too."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"(?:^|`)make ([a-z][a-z-]*)", document.read_text(), re.MULTILINE)) <= targets


@pytest.mark.parametrize("document", WRITTEN, ids=lambda file: file.name)
def test_prose_has_lines_of_at_most_120_characters(document: Path) -> None:
    """A table may be wider."""
    lines = document.read_text().splitlines()
    assert [line for line in lines if len(line) > 120 and not line.startswith("|")] == []
