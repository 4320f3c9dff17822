"""Parameters: a file is a valid study, or every mistake gives one clear line."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import jsonschema
import pytest
from ruamel.yaml import YAML

from latente.errors import ParamsError
from latente.project import params
from latente.stages import schema
from tests.support import ROOT

FILE, CLAIMS = ROOT / "params.yaml", ROOT / "claims.yaml"
STUDY = ROOT / "tests/params.yaml"  # a separate study, so that tests do not depend on the project's parameters


def written(folder: Path, old: str, new: str, name: str = "params.yaml") -> Path:
    """A file of a valid study with one replacement."""
    text = STUDY.with_name(name).read_text()
    assert text.count(old) == 1, old
    file = folder / name
    file.write_text(text.replace(old, new))
    return file


def test_the_projects_own_parameters_are_valid() -> None:
    """The committed files are a valid study, including the sections of models and analyses."""
    study = params.load(FILE)
    schema.check(study, params.rules(study.claims, CLAIMS))


@pytest.mark.parametrize(("file", "made"), [(FILE, schema.to_json), (CLAIMS, schema.of_claims)])
def test_the_schema_is_fresh_and_accepts_the_file(file: Path, made: Callable[[], bytes]) -> None:
    """The committed JSON Schema matches the classes, and the committed file satisfies it."""
    assert file.with_suffix(".schema.json").read_bytes() == made()
    jsonschema.validate(YAML(typ="safe").load(file), json.loads(made()))


def test_every_section_of_the_file_is_read_by_a_class_and_the_reverse() -> None:
    """The file has a section for every model and analysis with options, and no other section."""
    study = params.load(FILE)
    classes = schema.sections()
    assert set(study.models) == set(classes["models"])
    assert set(study.analyses) == set(classes["analyses"])


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "latent_dim: 16 ",
            "latent_dim: 1.5 ",
            "params.yaml:13: study.latent_dim: input should be a valid integer; found 1.5",
        ),
        ("latent_dim: 16 ", "latent_dim: yes ", "found 'yes'"),
        ("latent_dim: 16 ", "latent_dim: 0 ", "greater than or equal to 1; found 0"),
        ("latent_dim: 16 ", "latent_dims: 16 ", "unknown key; did you mean 'latent_dim'?"),
        ("encode:\n  seed", "encode:\n  sed", "encode.sed: unknown key; did you mean 'seed'?"),
        ("encode:\n  seed", "encode:\n  hidden", "encode.hidden: unknown key; known: seed"),
        ("test: 10000", "test: 0", "split.test: input should be auto, or a whole number from 1 to 10,000,000; found 0"),
        ("latent_dim: 16 ", "# ", "params.yaml:10: study.latent_dim: missing"),
        ("seeds: [0, 1, 2]", "seeds: [0, 0]", "params.yaml:12: study.seeds: items must be distinct"),
        ("seeds: [0, 1, 2]", "seeds: []", "at least 1 item"),
        ("seeds: [0, 1, 2]", "seeds: [0, -1]", "params.yaml:12: study.seeds.1: "),
        ("models: [ae, vae]", "models: [ae, vea]", "but `models` has no section 'vea'; did you mean 'vae'?"),
        ("  ae: {}", "  ea: {}", "no src/latente/models/variants/ea.py; did you mean 'ae'?"),
        ("name: mlp", "name: cnv", "network.name: no src/latente/models/nets/cnv.py; did you mean 'conv'?"),
        ("channels: [16, 32]", "channels: [16]", "network.channels.1: missing"),
        ("hidden: [512, 256]", "hidden: [512, 0]", "network.hidden.1: input should be greater than or equal to 1"),
        ("learning_rate: 0.001", "learning_rate: .inf", "finite number; found inf"),
        ("learning_rate: 0.001", "learning_rate: .nan", "finite number; found nan"),
        ("learning_rate: 0.001", "learning_rate: 1e400", "finite number"),
        (
            "sources: [folder, mirrors, index]",
            "sources: [web]",
            "'folder', 'package', 'mirrors' or 'index'; found 'web'",
        ),
        ("study:\n", "study:\n  seeds: [1]\n", "params.yaml:13: not valid YAML: found duplicate key"),
        ("  threads: 2 ", "\tthreads: 2 ", "params.yaml:28: not valid YAML"),
    ],
)
def test_a_mistake_gets_one_clear_line(tmp_path: Path, old: str, new: str, expected: str) -> None:
    """The error gives file, line and key, the mistake, the value found, and the most similar known name."""
    with pytest.raises(ParamsError) as caught:
        params.load(written(tmp_path, old, new))
    assert expected in str(caught.value)


@pytest.mark.parametrize(
    ("section", "change", "expected"),
    [
        ("gap", {"quantile": 2}, "analyses.gap.quantile: input should be less than or equal to 1; found 2"),
        ("prior", {"exmples": 8}, "analyses.prior.exmples: unknown key; did you mean 'examples'?"),
        ("projection", {"perplexity": "30"}, "analyses.projection.perplexity: input should be a valid number"),
    ],
)
def test_a_section_of_an_analysis_is_as_strict(section: str, change: Mapping[str, object], expected: str) -> None:
    """A section whose class is in the file of an analysis gets the same errors."""
    study = params.load(FILE)
    changed = study.model_copy(update={"analyses": {**study.analyses, section: {**study.analyses[section], **change}}})
    with pytest.raises(ParamsError, match="params.yaml") as caught:
        schema.check(changed, params.rules(changed.claims, CLAIMS))
    assert expected in str(caught.value)


def test_every_mistake_is_told_at_once(tmp_path: Path) -> None:
    """Two mistakes give two lines."""
    file = tmp_path / "params.yaml"
    file.write_text(STUDY.read_text().replace("latent_dim: 16", "latent_dim: 0").replace("threads: 2", "threads: 0"))
    with pytest.raises(ParamsError) as caught:
        params.load(file)
    assert len(str(caught.value).splitlines()) == 2


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"", b"[1, 2]", b"study: *nowhere"])
def test_a_file_that_is_no_study_is_refused(tmp_path: Path, content: bytes) -> None:
    """The file has another encoding, is empty, is a list, or has an undefined alias."""
    file = tmp_path / "params.yaml"
    file.write_bytes(content)
    with pytest.raises(ParamsError, match="params.yaml"):
        params.load(file)


def test_numbers_are_read_as_dvc_reads_them(tmp_path: Path) -> None:
    """In YAML 1.2, 1e-3 is a number, not a string."""
    assert params.load(written(tmp_path, "learning_rate: 0.001", "learning_rate: 1e-3")).train.learning_rate == 0.001


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "separation.vae.silhouette -",
            "seperation.vae.silhouette -",
            "claims.yaml: claims.separation: silhouette: no analysis",
        ),
        ("separation.vae.silhouette -", "audit.vae_base.silhouette -", "no analysis audit; `audit` is now `survey`"),
        ("separation.vae.silhouette -", "studies.conv.seperation.vae.silhouette -", "no analysis seperation"),
        ("separation.vae.silhouette -", "studies.nowhere.separation.vae.silhouette -", "no study 'nowhere'; known: "),
        ("silhouette - separation", "silhouette / separation", "expected metrics and numbers"),
        ("at_most: 0", "at_most: 0, above: 1", "exactly one of at_least"),
        ("at_most: 0", "atmost: 0", "unknown key; did you mean 'at_most'\\?"),
        (
            "at_most: 0}",
            "at_most: 0}\n    robustness: []",
            r"claims.separation.robustness: renamed to `survey`",
        ),
    ],
)
def test_a_claim_is_checked_before_the_study_runs(tmp_path: Path, old: str, new: str, expected: str) -> None:
    """The check covers the rule of a claim, and the metrics that it names."""
    study = params.load(STUDY)
    with pytest.raises(ParamsError, match=expected):
        schema.check(study, params.rules(study.claims, written(tmp_path, old, new, "claims.yaml")))
