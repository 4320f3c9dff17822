"""The pipeline, with real DVC, a real store, and a tiny study of real images."""

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest
from mlflow import MlflowClient
from mlflow.entities import Run
from ruamel.yaml import YAML

from latente.project import digests
from latente.results import records
from latente.tracking import runs as stored
from tests.support import Project, pictures

# The tests are about these stages. The author of a new stage adds tests for it.
MODELS = ("ae", "vae")
TRAININGS = {"ae-0", "ae-1", "vae-0", "vae-1"}
TRAIN, ENCODE = ({f"{stage}@{training}" for training in TRAININGS} for stage in ("train", "encode"))
OF_VAE = {f"{stage}@vae-{seed}" for stage in ("train", "encode") for seed in (0, 1)}
DECODING = {"reconstruction", "centroids", "prior", "gap", "stitching"}
ANALYSES = {*DECODING, "convergence", "projection", "separation", "geometry", "manifold", "representation"}
ANALYSES |= {"generalisation"}
GATHERED = {"survey", "league"}  # they copy results of the survey
PAGES = {"report", "explore"}
ALL = {"fetch", "study", "judge_train", "judge", *TRAIN, *ENCODE, "responses", *ANALYSES, *GATHERED, "claims"}
ALL |= {"plane_train", *PAGES}


@contextmanager
def kept(*paths: Path) -> Iterator[None]:
    """Restore files at the end; delete those that did not exist."""
    before = {path: path.read_bytes() if path.exists() else None for path in paths}
    try:
        yield
    finally:
        for path, content in before.items():
            path.unlink() if content is None else path.write_bytes(content)


def runs(project: Project) -> list[Run]:
    """The runs of the stages in the store of the project, without child runs."""
    client = MlflowClient(f"sqlite:///{project.folder / 'mlflow.db'}")
    experiment = client.get_experiment_by_name(stored.STAGES)
    found = client.search_runs([experiment.experiment_id], max_results=5000)
    return [run for run in found if "mlflow.parentRunId" not in run.data.tags]


def name(run: Run) -> str:
    tags = run.data.tags
    return f"{tags['stage']}@{tags['model']}-{tags['seed']}" if "model" in tags else tags["stage"]


def lock(project: Project) -> dict:
    return YAML(typ="safe").load(project.folder / "dvc.lock")["stages"]


# After the first run


def test_every_stage_ran_once_and_nothing_runs_again(project: Project) -> None:
    """The first `dvc repro` runs all stages, the second runs no stage, and `dvc status` reports no change."""
    every = {line.split()[0] for line in project.run("dvc", "stage", "list").stdout.splitlines()}
    assert sorted(project.first) == sorted(every)
    assert every >= ALL
    assert project.repro() == []
    assert project.stale() == set()


def test_every_run_is_in_the_store(project: Project) -> None:
    """Each execution has one finished run with the declared parameters."""
    found = runs(project)
    assert sorted(map(name, found)) == sorted(project.first)
    assert {run.info.status for run in found} == {"FINISHED"}
    train = next(run for run in found if name(run) == "train@vae-1")
    assert train.data.params["models.vae.beta"] == "1.0"
    assert train.data.params["train.epochs"] == "2"
    assert train.data.tags["commit"] == project.run("git", "rev-parse", "HEAD").stdout.strip()
    assert train.data.tags["dirty"] == "false"
    client = MlflowClient(f"sqlite:///{project.folder / 'mlflow.db'}")
    for metric in ("train_loss", "validation_distortion", "validation_rate", "images_per_second"):
        assert [point.step for point in client.get_metric_history(train.info.run_id, metric)] == [1, 2]


_NO_CODE = ("data", "reports", "claims.yaml")


def test_stages_read_and_write_what_they_declare(project: Project) -> None:
    """A stage reads exactly its declared data, and writes exactly its declared outputs."""
    for run in runs(project):
        entry = lock(project)[name(run)]
        for verb, kind in (("read", "deps"), ("wrote", "outs")):
            touched = {tag.split(".", 1)[1] for tag in run.data.tags if tag.startswith(f"{verb}.")}
            declared = {item["path"] for item in entry.get(kind, []) if item["path"].startswith(_NO_CODE)}
            covers = {path: {item for item in declared if Path(path).is_relative_to(item)} for path in touched}
            assert all(covers.values()), (name(run), verb, covers)
            assert set().union(*covers.values()) == declared, (name(run), verb)


def test_the_data_set_is_logged_with_dvcs_digest(project: Project) -> None:
    """The digest of the data set in the store is the one in dvc.lock."""
    (expected,) = [out["md5"] for out in lock(project)["fetch"]["outs"]]
    assert digests.digest(project.folder / "data/raw") == expected
    train = next(run for run in runs(project) if name(run) == "train@ae-0")
    (data,) = train.inputs.dataset_inputs
    assert (data.dataset.name, data.dataset.digest) == ("mnist", expected)


def test_metrics_have_one_form(project: Project) -> None:
    """A record for every number, for both models and both seeds, in every analysis."""
    for analysis in ANALYSES:
        stored = json.loads((project.folder / f"reports/metrics/{analysis}.json").read_bytes())
        table = pd.DataFrame(stored["records"])
        assert set(table) == {"subject", "seed", "metric", "value"}
        assert not table.duplicated(["subject", "seed", "metric"]).any()
        assert {("ae", "0"), ("ae", "1"), ("vae", "0"), ("vae", "1")} <= set(
            zip(table.subject, table.seed, strict=True)
        )


def test_dvc_shows_metrics_and_plots(project: Project) -> None:
    """`dvc metrics show` and `dvc plots show` find the files."""
    shown = project.run("dvc", "metrics", "show").stdout.splitlines()
    assert max(map(len, shown)) <= 160
    assert shown[0].split()[1:] == [
        f"{analysis}.{model}.{metric}"
        for analysis, metric in (("reconstruction", "mse"), ("separation", "silhouette"))
        for model in ("ae", "vae")
    ]
    means = {model: records.mean(project.measured("separation")[f"separation.{model}.silhouette"]) for model in MODELS}
    (line,) = [line.split() for line in shown if line.startswith("reports/metrics/separation.json")]
    assert [float(value) for value in line[-2:]] == [pytest.approx(means[model], rel=1e-4) for model in MODELS]


def test_dvc_draws_one_chart_for_every_loss(project: Project) -> None:
    """All trainings are in it; charts of silhouette and distortion by model stand beside them."""
    page = project.run("dvc", "plots", "show").stdout.strip()
    text = Path(page.removeprefix("file://")).read_text()
    for title in (
        "validation loss",
        "training loss",
        "validation distortion",
        "silhouette by model",
        "distortion by model",
    ):
        assert text.count(f'"text": "{title}"') == 1
    assert text.count('"$schema"') == 5  # no chart of a single training
    table = pd.read_csv(project.folder / "reports/curves.csv")
    assert set(table.model + "-" + table.seed.astype(str)) == TRAININGS


class Page(HTMLParser):
    """The images and the addresses in a page."""

    def __init__(self) -> None:
        super().__init__()
        self.images: list[dict[str, str | None]] = []
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect images and addresses."""
        if tag == "img":
            self.images.append(dict(attrs))
        self.addresses += [value or "" for key, value in attrs if key in ("src", "href")]


@pytest.mark.parametrize(
    ("name", "point", "others"),
    [
        ("report", ".", {"explore.html", "informe.html"}),
        ("informe", ",", {"explore.html#language=%22es%22", "report.html"}),
    ],
)
def test_the_report_is_one_self_contained_page(project: Project, name: str, point: str, others: set[str]) -> None:
    """It loads nothing, and links to the explorer and the other language. Figures have a text, models have numbers."""
    text = (project.folder / f"reports/{name}.html").read_text()
    page = Page()
    page.feed(text)
    assert all(address.startswith(("data:image/png;base64,", "#")) for address in {*page.addresses} - others)
    assert others <= {*page.addresses}
    assert len(page.images) == len(list((project.folder / "reports/figures").rglob("*.png")))
    assert all(len(image["alt"] or "") > 20 for image in page.images)
    assert not re.search(r"@import|url\(|<script", text)
    silhouette = records.mean(project.measured("separation")["separation.vae.silhouette"])
    assert f"{silhouette:.3f}".replace("-", "−").replace(".", point) in text
    assert str(project.folder) not in text


def test_the_same_bytes_come_out_again(project: Project, tmp_path: Path) -> None:
    """`latente repro`, cold and in parallel without a cache, gives the same bytes as warm `dvc repro`."""
    again = Project(tmp_path / "again")
    shutil.copytree(project.folder, again.folder, symlinks=True)
    shutil.rmtree(again.folder / ".dvc/cache")
    (again.folder / "dvc.lock").unlink()
    again.run("latente", "repro", "--jobs", "2", LATENTE_FORK_SERVER="off")
    assert lock(again) == lock(project)
    assert again.stale() == set()


def test_the_run_cache_restores_an_analysis(project: Project) -> None:
    """A parameter goes back to its old value: DVC restores metrics and figures, and runs nothing."""
    metrics = project.folder / "reports/metrics/geometry.json"
    before = metrics.read_bytes()
    with kept(project.params):
        project.set("analyses.geometry.neighbours", 10)
        assert project.repro("geometry") == ["geometry"]
        assert metrics.read_bytes() != before
    said = project.run("dvc", "repro", "geometry").stdout
    assert "Stage 'geometry' is cached - skipping run" in said
    assert metrics.read_bytes() == before


# What becomes stale


@pytest.mark.parametrize(
    ("key", "value", "stale"),
    [
        ("models.vae.beta", 2.0, {"train@vae-0", "train@vae-1", "plane_train", "manifold", "claims", "report"}),
        ("train.epochs", 3, TRAIN | {"plane_train", "claims", "report"}),
        ("study.latent_dim", 5, TRAIN | {"manifold", "claims", "report"}),
        ("study.seeds", [1, 0], {"study", "manifold", "claims", *PAGES}),
        ("fetch.folder", "elsewhere", {"fetch"}),
        ("data.name", "digits", {"fetch", "claims"}),
        ("judge.epochs", 2, {"judge_train", "judge", "claims", "report"}),
        ("encode.seed", 1, ENCODE | {"claims", "explore"}),
        (
            "split.seed",
            1,
            ALL - {"fetch", "study", "convergence", "gap", "projection", "manifold", "generalisation", *GATHERED},
        ),
        ("compute.threads", 2, ALL - {"fetch", "study", "convergence", *GATHERED, "report"}),
        ("analyses.separation.neighbours", 3, {"separation", "claims", "report"}),
        ("analyses.prior.fitted", 300, {"prior", "claims", *PAGES}),
        ("analyses.responses.steps", 7, {"responses", "claims", "report"}),
        ("analyses.representation.images", 100, {"representation", "claims", *PAGES}),
        ("analyses.manifold.dims", [3], {"manifold", "claims", "report"}),
        ("network.hidden", [16, 16], TRAIN | {"plane_train", "manifold", "claims", "report"}),
        ("claims.confidence", 0.9, {"league", "claims", "report"}),
        ("explore.images", 60, {"explore"}),
        ("explore.plane.epochs", 1, {"plane_train"}),
    ],
)
def test_a_parameter_makes_stale_what_reads_it(project: Project, key: str, value: object, stale: set[str]) -> None:
    """Exactly these stages become stale. Later stages run only if the outputs of these stages change."""
    with kept(project.params):
        project.set(key, value)
        assert project.stale() & ALL == stale


@pytest.mark.parametrize(
    ("file", "stale"),
    [
        ("src/latente/models/variants/vae.py", {*OF_VAE, "responses", *DECODING, "manifold", "plane_train", "explore"}),
        (
            "src/latente/models/nets/mlp.py",
            {*TRAIN, *ENCODE, "responses", *DECODING, "manifold", "plane_train", "explore"},
        ),
        ("src/latente/models/nets/conv.py", {"manifold"}),
        ("src/latente/models/training/fit.py", TRAIN | {"manifold", "plane_train"}),
        ("src/latente/results/figures.py", ANALYSES | GATHERED | {"judge", *PAGES}),
        ("src/latente/measures/silhouette.py", {"separation", "explore"}),
        (
            "src/latente/measures/judge/ensemble.py",
            {"judge_train", "judge", "centroids", "prior", "gap", "stitching", "explore", "responses"},
        ),
        ("src/latente/measures/judge/outliers.py", {"judge_train", "judge", "responses"}),
        ("src/latente/measures/corruptions.py", {"responses"}),
        ("src/latente/measures/dci.py", {"representation", "explore"}),
        ("src/latente/measures/novelty.py", {"generalisation"}),
        (
            "src/latente/data/splits.py",
            ALL - {"fetch", "study", "convergence", "projection", "generalisation", *GATHERED, "claims"},
        ),
        ("src/latente/sources/known.py", {"fetch"}),
        ("src/latente/sources/specs/mnist.py", {"fetch"}),
        ("src/latente/sources/specs/kmnist.py", set()),
        ("reports/survey.json", {*GATHERED, "claims", "report"}),
        ("reports/confirmation.json", {"claims"}),
        ("claims.yaml", {"claims", "report"}),
        ("src/latente/analyses/geometry.py", {"geometry"}),
        ("src/latente/report/templates/report.html.j2", {"report"}),
        ("src/latente/report/texts/es.po", {"report"}),
        ("src/latente/translations/es.toml", {"report", "explore"}),
        ("src/latente/explorer/page/texts/es.toml", {"explore"}),
        ("pipeline/train.py", TRAIN),
        ("requirements.lock", set()),
        ("requirements-dev.lock", set()),
        ("src/latente/tracking/runs.py", set()),
        ("src/latente/stages/stage.py", set()),
        ("README.md", set()),
    ],
)
def test_a_file_makes_stale_what_imports_it(project: Project, file: str, stale: set[str]) -> None:
    """A change of figure code retrains no model; a change of plumbing reruns no stage."""
    path = project.folder / file
    with kept(path):
        path.write_text(path.read_text() + "\n")
        assert project.stale() & ALL == stale


@pytest.mark.parametrize(
    ("package", "stale"),
    [
        (
            "torch",
            {"judge_train", "judge", *TRAIN, *ENCODE, "responses", *DECODING, "manifold", "plane_train", "explore"},
        ),
        ("matplotlib", ANALYSES | GATHERED | {"judge", *PAGES}),
        ("scikit-dimension", {"geometry", "manifold"}),
        ("scikit-image", {"representation", "explore"}),
    ],
)
def test_a_version_makes_stale_what_imports_the_package(project: Project, package: str, stale: set[str]) -> None:
    """A new version of torch retrains all models, one of matplotlib none. `latente why` names the package."""
    versions = project.folder / "versions.yaml"
    with kept(versions):
        versions.write_text(
            re.sub(rf"^({package}: {package}==)\S+", r"\g<1>99.0", versions.read_text(), flags=re.MULTILINE)
        )
        assert project.stale() & ALL == stale
        assert f"{package} is 99.0, was " in project.run("latente", "why").stdout


def test_a_study_of_your_own_pictures_runs_to_its_report(tiny: Path, tmp_path: Path) -> None:
    """Colour pictures of two classes, of another size, without test images of their own; a second run does nothing.

    The models are other variants, one with a prior of its own, and the network is convolutional.
    """
    own = Project(tmp_path / "project")
    shutil.copytree(tiny, own.folder, symlinks=True)
    pets = pictures(tmp_path / "pets", 700, "RGB", (12, 10))
    for part in ("train", "validation", "judge", "test"):
        own.set(f"split.{part}", "auto")
    own.set("judge.epochs", "auto")
    for key, value in {"name": "folder", "own": str(pets), "side": 8}.items():
        own.set(f"data.{key}", value)
    own.set("study.models", ["ae", "vamp", "wae"])
    own.set("network", {"name": "conv", "hidden": [16], "channels": [4, 8]})
    assert own.repro()[-1] in PAGES
    page = (own.folder / "reports/report.html").read_text()
    assert "again on pets" in page
    assert "Colours became grey." in page
    assert "Pictures of 12 × 10 pixels became squares of 8 × 8." in page
    assert own.measured("judge")["judge.test_images.accuracy"]["data"] > 0.9
    assert not (own.measured("survey") | own.measured("league"))
    assert "It has two convolutions of 4 and 8 channels" in page
    assert "The VampPrior is a VAE whose prior is a mixture" in page
    assert {"prior.vamp.standard.fid", "prior.wae.mixture.fid"} <= own.measured("prior").keys()
    assert {name for name in own.measured("reconstruction") if name.endswith(".rate")} == {"reconstruction.vamp.rate"}
    assert own.repro() == []
    pictures(pets, 20, "RGB", (12, 10))
    assert own.stale() == {"fetch"}


def test_a_file_of_no_training_is_not_taken_for_an_input(project: Project) -> None:
    """DVC treats a stray file as an input. The analysis refuses it, and the stage `study` deletes it."""
    stray = project.folder / "data/latents/vae-9.safetensors"
    shutil.copy(project.folder / "data/latents/vae-0.safetensors", stray)
    done = project.run("dvc", "repro", "projection", check=False)
    assert "projection: data/latents/vae-9.safetensors: not from a training of this study" in done.stderr
    project.run("python", "-m", "pipeline.study")
    assert not stray.exists()
    project.repro()
    assert project.stale() == set()


def test_one_changed_parameter_reruns_what_it_must(project: Project) -> None:
    """Only these stages run. After the change is undone, at most the pages run; the rest comes from the cache."""
    with kept(project.params):
        project.set("analyses.separation.neighbours", 3)
        ran = {*project.repro()}
        assert ran - {"claims", "explore"} == {"separation", "report"}  # on few images, claims may not change
    assert set(project.repro()) <= PAGES
    assert project.stale() == set()


# Additions

TOY_MODEL = '''"""A throw-away variant: an autoencoder with a penalty on its codes."""

from latente.models.network.autoencoder import Autoencoder, LossTerms, Posterior
from latente.models.network.objectives import bernoulli_distortion
from latente.project.types import Section


class Options(Section):
    """Weight of the penalty."""

    weight: float


class Model(Autoencoder):
    """Minimises distortion + weight * |code|^2."""

    def __init__(self, sizes, options):
        super().__init__(sizes)
        self.weight = options.weight

    def posterior(self, x):
        return Posterior.point(self.mean(self.encoder(x)))

    def objective(self, x, generator) -> LossTerms:
        z = self.posterior(x).mean
        distortion = bernoulli_distortion(self.decode(z), x)
        penalty = z.square().sum(-1)
        return {"loss": distortion + self.weight * penalty, "distortion": distortion, "penalty": penalty}
'''

TOY_MEASURE = '''"""A throw-away measure: the norm of codes."""

import numpy as np


def norm(codes, order):
    """The mean norm."""
    return float(np.linalg.norm(codes, ord=order, axis=1).mean())
'''

TOY_ANALYSIS = '''"""A throw-away analysis: the norm of the codes."""

from latente.measures.toy import norm
from latente.project.types import Section
from latente.results import figures
from latente.results.measurement import Measurement
from latente.results.result import Result


class Options(Section):
    """Order of the norm."""

    order: int


def analyse(codes, options):
    """Mean norm of the test codes."""
    norms = codes.map(lambda every: norm(every.only("test").mean, options.order))
    drawn = figures.figure(2.0)
    figures.seeds_and_mean(drawn.subplots(), {"norm": {model: list(seeds.values()) for model, seeds in norms.items()}})
    return Result(norms.map(lambda value: Measurement({"norm": value})).by_name, {"norms": drawn})
'''

TOY_STAGE = '''"""A throw-away stage."""

from latente.analyses import toy as analysis
from latente.codes import latents
from latente.project import paths
from latente.project.params import Params
from latente.stages.stage import Context, stage


@stage
def toy(context: Context, params: Params) -> None:
    """Measure the norm of the codes."""
    options = params.analysis("toy", analysis.Options)
    context.result(analysis.analyse(context.each(latents.load, paths.latents), options))


if __name__ == "__main__":
    toy()
'''

TOY_IN_DVC = {
    "cmd": "python -m pipeline.toy",
    "deps": [
        "data/study.json",
        "data/latents",
        "pipeline/toy.py",
        "src/latente/analyses/toy.py",
        "src/latente/codes/latents.py",
        "src/latente/codes/prior.py",
        "src/latente/determinism/canonical.py",
        "src/latente/measures/toy.py",
        "src/latente/results",
    ],
    "params": ["analyses.toy", {"versions.yaml": ["jaxtyping", "matplotlib", "numpy", "safetensors"]}],
    "metrics": [{"reports/metrics/toy.json": {"cache": False}}],
    "plots": [{"reports/figures/toy": {"cache": False}}],
}


def test_a_model_a_measure_and_an_analysis_are_added_as_contributing_says(project: Project) -> None:
    """A model needs a file and a section. A measure needs a file. An analysis needs two files, a section and a stage.

    Nothing else changes. The same test removes a seed from the study: its files leave the folders that are inputs of
    the analyses.
    """
    source, pipeline = project.folder / "src/latente", project.folder / "dvc.yaml"
    toys = {
        source / "models/variants/toy.py": TOY_MODEL,
        source / "measures/toy.py": TOY_MEASURE,
        source / "analyses/toy.py": TOY_ANALYSIS,
        project.folder / "pipeline/toy.py": TOY_STAGE,
    }
    with kept(project.params, pipeline, *toys):
        for file, content in toys.items():
            file.write_text(content)
        project.set("models.toy", {"weight": 0.01})
        project.set("study.models", ["ae", "vae", "toy"])
        project.set("study.seeds", [0])
        project.set("analyses.toy", {"order": 2})
        yaml = YAML()
        document = yaml.load(pipeline.read_text())
        document["stages"]["toy"] = TOY_IN_DVC
        with pipeline.open("w") as stream:
            yaml.dump(document, stream)
        project.run("python", "-m", "pytest", "-q", "tests/test_contracts.py", "-k", "toy or train")
        ran = project.repro()
        assert set(ran) & {*ALL, "train@toy-0", "encode@toy-0", "toy"} == {
            "study",
            "train@toy-0",
            "encode@toy-0",
            "responses",
            *ANALYSES,
            "toy",
            "claims",
            "plane_train",
            *PAGES,
        }
        weights = {file.name for file in (project.folder / "data/weights").iterdir()}
        assert weights == {f"{model}-0.safetensors" for model in ("ae", "vae", "toy")}
        text = (project.folder / "reports/report.html").read_text()
        assert "reports/metrics/toy.json" in text
        assert "TOY" in text
        shutil.rmtree(project.folder / "reports/figures/toy")
        (project.folder / "reports/metrics/toy.json").unlink()
    assert "train@vae-1" not in project.repro()
    assert {file.stem for file in (project.folder / "data/weights").iterdir()} == TRAININGS
