"""Trained models in the registry; plain mlflow can load and serve them."""

import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from jaxtyping import Float32
from mlflow import MlflowClient
from mlflow.models import Model

from latente.codes import latents
from latente.data import idx, splits
from latente.project import digests, paths
from latente.study.rows import Row
from latente.study.tree import Commit
from latente.tracking import registry
from tests import contracts
from tests.support import SMALL, Project, environment, port, stop, table, wait


@pytest.fixture(scope="module")
def digits(project: Project) -> Float32[np.ndarray, "200 pixels"]:
    """The test images of the tiny study; grey levels are in [0, 1]."""
    return splits.load(project.folder / "data/raw", SMALL).test.pixels.astype(np.float32) / 255


def test_versions_have_aliases(project: Project, store: MlflowClient) -> None:
    """Each seed has one version. `newest` is the last seed, and `best` has the highest validation ELBO."""
    assert sorted(found.tags["seed"] for found in store.search_model_versions("name = 'latente-vae'")) == ["0", "1"]
    loss = project.measured("convergence")["convergence.vae.validation_loss"]
    best = min(loss, key=lambda seed: loss[seed])  # beta is 1, so the loss is the negative ELBO
    assert store.get_model_version_by_alias("latente-vae", "best").tags["seed"] == best
    assert store.get_model_version_by_alias("latente-vae", "newest").tags["seed"] == "1"
    assert {found.tags["seed"] for found in store.search_model_versions("name = 'latente-ae'")} == {"0", "1"}


def test_a_row_and_its_model_belong_together(store: MlflowClient) -> None:
    """The logged model has the metrics, parameters and weights of its row."""
    row = next(run for run in table(store) if run.info.run_name.startswith("vae-0"))
    (output,) = row.outputs.model_outputs
    model = store.get_logged_model(output.model_id)
    results = {name: value for name, value in row.data.metrics.items() if not name.startswith("curve.")}
    assert {metric.key: metric.value for metric in model.metrics} == results
    assert model.params == row.data.params
    assert model.tags["weights"] == row.data.tags["weights"]
    assert model.status == "READY"


def test_no_pickle_is_stored(project: Project, store: MlflowClient) -> None:
    """The weights are the safetensors files of the pipeline, and code is stored as source."""
    stored = [file for file in (project.folder / "mlartifacts").rglob("*") if file.is_file()]
    assert not [file for file in stored if file.suffix in {".pkl", ".pickle", ".pt", ".pth", ".bin"}]
    weights = {digests.digest(file) for file in stored if file.suffix == ".safetensors"}
    assert weights >= {run.data.tags["weights"] for run in table(store)}


def test_the_requirements_are_those_of_the_code() -> None:
    """The requirements are exactly the imports of the served model, and psutil, which old commits need."""
    third = contracts.third_party("latente.tracking.served")
    brought = {"pydantic_core"}  # pydantic installs it
    assert third - brought == {name.partition(".")[0] for name in registry.REQUIREMENTS} - {"psutil"}


class OldCommit(Commit):
    """A commit with another layout of the package, where `latente.models` is a module."""

    def __init__(self, contents: dict[str, bytes]) -> None:
        self.contents = contents

    def read(self, path: Path) -> bytes | None:
        """The content of a file."""
        return self.contents.get(path.as_posix())

    def within(self, folder: Path) -> list[Path]:
        """The files in a folder and its subfolders."""
        return [Path(path) for path in self.contents if path.startswith(f"{folder}/")]


OLD_SERVED = b"""
from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel
from latente.models import CODE

class Coder(PythonModel):
    def predict(self, context, model_input, params=None):
        return {"code": CODE}

set_model(Coder())
"""


def test_a_model_of_an_old_commit_is_saved_with_the_code_of_that_commit(tmp_path: Path) -> None:
    """MLflow runs the `served.py` of the commit with its old module names; afterwards, our modules are restored."""
    row = Row("vae", 0, {"study.latent_dim": 4}, {}, "data", {})
    tree = OldCommit(
        {
            "src/latente/__init__.py": b"",
            "src/latente/models.py": b"CODE = 42",
            "src/latente/tracking/__init__.py": b"",
            "src/latente/tracking/served.py": OLD_SERVED,
        }
    )
    before = sys.modules["latente.tracking.registry"]
    images = idx.encode(np.zeros((2, 28, 28), dtype=np.uint8))
    saved = registry._save(tmp_path, Model(), row, tree, (b"weights", images))
    assert sys.modules["latente.tracking.registry"] is before
    assert not hasattr(sys.modules.get("latente.models"), "CODE")
    assert str(tmp_path / "code") not in sys.path
    assert (saved / "served.py").read_bytes() == OLD_SERVED
    assert (saved / "code/latente/models.py").read_bytes() == b"CODE = 42"


def test_mlflow_alone_gives_the_codes_of_the_pipeline(
    project: Project, store: MlflowClient, digits: Float32[np.ndarray, "200 pixels"], tmp_path: Path
) -> None:
    """Another process in another folder loads the model by its alias, and gets the codes of the stage `encode`."""
    script = (
        "import sys, mlflow, numpy\n"
        "model = mlflow.pyfunc.load_model('models:/latente-vae@best')\n"
        "numpy.savez(sys.argv[2], **model.predict(numpy.load(sys.argv[1])))\n"
    )
    np.save(tmp_path / "in.npy", digits)
    done = subprocess.run(
        [sys.executable, "-c", script, "in.npy", "out.npz"],
        cwd=tmp_path,
        env=environment(MLFLOW_TRACKING_URI=f"sqlite:///{project.first_store}", PYTHONPATH=""),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    out = np.load(tmp_path / "out.npz")
    seed = int(store.get_model_version_by_alias("latente-vae", "best").tags["seed"])
    expected = latents.load(project.folder / paths.latents("vae", seed)).only("test").mean
    np.testing.assert_allclose(out["code"], expected, atol=1e-5)
    assert out["reconstruction"].shape == digits.shape
    assert 0 <= out["reconstruction"].min() <= out["reconstruction"].max() <= 1


@pytest.fixture(scope="module")
def address(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server that `mlflow models serve` started."""
    host = f"127.0.0.1:{(number := port())}"
    command = ["mlflow", "models", "serve", "--model-uri", "models:/latente-vae@best", "--env-manager", "local"]
    server = subprocess.Popen(
        [*command, "--host", "127.0.0.1", "--port", str(number)],
        cwd=tmp_path_factory.mktemp("serve"),
        env=environment(MLFLOW_TRACKING_URI=f"sqlite:///{project.first_store}"),
        start_new_session=True,
    )
    try:
        wait(f"http://{host}/ping", server)
        yield f"http://{host}/invocations"
    finally:
        stop(server)


def post(address: str, body: object) -> dict:
    request = urllib.request.Request(address, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def test_the_served_model_answers_a_client(address: str, digits: Float32[np.ndarray, "200 pixels"]) -> None:
    """The server returns codes and reconstructions as JSON. It refuses wrong grey levels, and states the reason."""
    answer = post(address, {"inputs": digits[:3].tolist()})["predictions"]
    assert np.array(answer["code"]).shape == (3, 4)
    assert np.array(answer["reconstruction"]).shape == (3, 784)
    with pytest.raises(urllib.error.HTTPError) as refused:
        post(address, {"inputs": (255 * digits[:3]).tolist()})
    assert refused.value.code == 400
    assert "grey levels must lie in [0, 1]" in refused.value.read().decode()
