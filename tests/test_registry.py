"""Trained models in the registry: loaded and served by mlflow alone."""

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

from latente import files, latents, paths
from latente.data import splits
from latente.tracking import registry
from tests import contracts
from tests.support import ROOT, SMALL, Project, environment, port, stop, table, wait


@pytest.fixture(scope="module")
def digits(project: Project) -> Float32[np.ndarray, "200 784"]:
    """The test images of the tiny study, in [0, 1]."""
    return splits.load(project.folder / "data/raw", SMALL).test.pixels.astype(np.float32) / 255


def test_versions_have_aliases(project: Project, store: MlflowClient) -> None:
    """One version for each seed; the newest is the last, the best is that of the highest validation ELBO."""
    assert sorted(found.tags["seed"] for found in store.search_model_versions("name = 'latente-vae'")) == ["0", "1"]
    loss = {
        seed: json.loads((project.folder / f"reports/metrics/train/vae-{seed}.json").read_bytes())[
            "best_validation_loss"
        ]
        for seed in ("0", "1")
    }
    best = min(loss, key=lambda seed: loss[seed])  # beta is 1, so the loss is the negative ELBO
    assert store.get_model_version_by_alias("latente-vae", "best").tags["seed"] == best
    assert store.get_model_version_by_alias("latente-vae", "newest").tags["seed"] == "1"
    assert {found.tags["seed"] for found in store.search_model_versions("name = 'latente-ae'")} == {"0", "1"}


def test_a_row_and_its_model_belong_together(store: MlflowClient) -> None:
    """The logged model has the row's numbers, parameters and weights."""
    row = next(run for run in table(store) if run.info.run_name.startswith("vae-0"))
    (output,) = row.outputs.model_outputs
    model = store.get_logged_model(output.model_id)
    results = {name: value for name, value in row.data.metrics.items() if not name.startswith("curve.")}
    assert {metric.key: metric.value for metric in model.metrics} == results
    assert model.params == row.data.params
    assert model.tags["weights"] == row.data.tags["weights"]
    assert model.status == "READY"


def test_no_pickle_is_stored(project: Project, store: MlflowClient) -> None:
    """Weights are the safetensors file that the pipeline made; code is source."""
    stored = [file for file in (project.folder / "mlartifacts").rglob("*") if file.is_file()]
    assert not [file for file in stored if file.suffix in {".pkl", ".pickle", ".pt", ".pth", ".bin"}]
    weights = {files.digest(file) for file in stored if file.suffix == ".safetensors"}
    assert weights >= {run.data.tags["weights"] for run in table(store)}


def test_the_requirements_are_those_of_the_code() -> None:
    """Pinned, and all that the served model imports."""
    third = contracts.third_party(ROOT, ROOT / "src/latente/tracking/served.py")
    brought = {"pydantic_core"}  # pydantic pins it
    assert third - brought == {name.partition(".")[0] for name in registry.REQUIREMENTS}


def test_mlflow_alone_gives_the_codes_of_the_pipeline(
    project: Project, store: MlflowClient, digits: Float32[np.ndarray, "200 784"], tmp_path: Path
) -> None:
    """Loaded by its alias in another folder and process: the codes that `encode` wrote, and images."""
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
    """`mlflow models serve`, as a person starts it."""
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


def test_the_served_model_answers_a_client(address: str, digits: Float32[np.ndarray, "200 784"]) -> None:
    """Codes and reconstructions as JSON; an image that is none is refused with the reason."""
    answer = post(address, {"inputs": digits[:3].tolist()})["predictions"]
    assert np.array(answer["code"]).shape == (3, 4)
    assert np.array(answer["reconstruction"]).shape == (3, 784)
    with pytest.raises(urllib.error.HTTPError) as refused:
        post(address, {"inputs": (255 * digits[:3]).tolist()})
    assert refused.value.code == 400
    assert "grey levels must lie in [0, 1]" in refused.value.read().decode()
