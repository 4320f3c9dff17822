"""Trained models in MLflow: how they are logged, registered, and given the aliases `newest` and `best`."""

import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

import numpy as np
from mlflow import MlflowClient
from mlflow.entities import LoggedModelOutput
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException
from mlflow.models import Model, ModelSignature
from mlflow.pyfunc import save_model
from mlflow.types import Schema, TensorSpec

from latente.data import idx, stored
from latente.project import digests, files, paths
from latente.study.rows import Row
from latente.study.tree import Folder, Tree
from latente.tracking.silence import Silence

REQUIREMENTS = ("jaxtyping", "mlflow", "numpy", "psutil", "pydantic", "ruamel.yaml", "safetensors", "torch")
"""The packages that the code of a served model imports; older commits need some of them."""

SERVED = Path("tracking/served.py")
"""The file that MLflow runs to serve a model; the path is relative to the package."""

_CODE = Path("src/latente")

_SPLIT = ("train", "validation", "seed")
_EXAMPLES = tuple(paths.raw() / stored.names(part)[0] for part in (stored.TEST, stored.TRAIN))
"""Files with images for the example input; a data set may lack the first."""


def registered(model: str) -> str:
    """The name of a model in the registry."""
    return f"latente-{model}"


def log(client: MlflowClient, run: str, row: Row, tree: Tree, silence: Silence) -> str | None:
    """Log and register the model of a row, unless its weights are registered already.

    Args:
        client: A client of the store.
        run: Id of the run of the row; the model becomes an output of this run.
        row: The trained model.
        tree: Source of the weights, the images and the code.
        silence: The silence of the store; it is paused while this process saves the model.

    Returns:
        The id of the logged model; None if the tree lacks the images, the code, or the weights that dvc.lock names.
    """
    versions = _versions(client, row)
    model = _logged(versions[0]) if versions else _create(client, run, row, tree, silence)
    if model is None:
        return None
    if not versions:
        model = _register(client, run, row, model)
    _alias(client, row, newest=isinstance(tree, Folder))
    client.log_outputs(run, [LoggedModelOutput(model, step=0)])
    return model


def _versions(client: MlflowClient, row: Row) -> list[ModelVersion]:
    """The registered versions that have the weights of a row; the oldest comes first."""
    _, digest = row.outputs["train"]
    versions = client.search_model_versions(f"name = '{registered(row.model)}' and tags.weights = '{digest}'")
    return sorted(versions, key=lambda version: int(version.version))


def _logged(version: ModelVersion) -> str:
    """The id of the logged model behind a registered version."""
    return str(version.source).removeprefix("models:/")


def _create(client: MlflowClient, run: str, row: Row, tree: Tree, silence: Silence) -> str | None:
    """Log the model of a row; return its id, or None if the tree lacks a needed file."""
    weights = tree.read(paths.weights(row.model, row.seed))
    images = next((found for file in _EXAMPLES if (found := tree.read(file)) is not None), None)
    if weights is None or images is None or digests.md5(weights) != row.outputs["train"][1]:
        return None
    if tree.read(_CODE / SERVED) is None:
        return None
    params = {name: str(value) for name, value in row.params.items()}
    experiment = client.get_run(run).info.experiment_id
    tags = {"weights": row.outputs["train"][1]}
    model = client.create_logged_model(experiment, row.name, run, tags, params, model_type="autoencoder")
    about = Model(artifact_path=model.artifact_location, model_uuid=model.model_id, run_id=run, model_id=model.model_id)
    with tempfile.TemporaryDirectory() as folder:
        with silence.paused():
            saved = _save(Path(folder), about, row, tree, (weights, images))
        client.log_model_artifacts(model.model_id, str(saved))
    client.finalize_logged_model(model.model_id, "READY")
    return str(model.model_id)


def _save(folder: Path, about: Model, row: Row, tree: Tree, data: tuple[bytes, bytes]) -> Path:
    """Save the model of a row in MLflow's format, with the code of the tree.

    Args:
        folder: An empty folder.
        about: MLflow's description of the model.
        row: The trained model.
        tree: Source of the code.
        data: Content of the weights file and of a file of images.

    Returns:
        The folder of the saved model.
    """
    weights, images = folder / f"{row.name}.safetensors", folder / "images"
    files.write(weights, data[0])
    files.write(images, data[1])
    example = idx.read(images, ndim=3)[:2].reshape(2, -1) / np.float32(255)
    code = copy_code(tree, folder / "code")
    with code_of(tree, code):
        save_model(
            folder / "model",
            mlflow_model=about,
            python_model=str(code / "latente" / SERVED),
            code_paths=[str(code / "latente")],
            artifacts={"weights": str(weights)},
            signature=_signature(example.shape[1], int(str(row.params["study.latent_dim"]))),
            input_example=example,
            pip_requirements=[f"{name}=={version(name).partition('+')[0]}" for name in REQUIREMENTS],
        )
    return folder / "model"


def copy_code(tree: Tree, folder: Path) -> Path:
    """Copy the package `latente` of the training from its tree into a folder, and return the folder."""
    for file in tree.within(_CODE):
        if file.suffix == ".py":
            copy = folder / "latente" / file.relative_to(_CODE)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(tree.read(file) or b"")  # an atomic write of each file would wait for the disk
    return folder


@contextmanager
def code_of(tree: Tree, folder: Path) -> Iterator[None]:
    """Make `import latente` find the copied package while MLflow runs the `served.py` of a commit.

    The modules of another commit may have other names. For the working folder, nothing changes: this process already
    runs its code.
    """
    if isinstance(tree, Folder):
        yield
        return
    own = {name: sys.modules.pop(name) for name in _own_modules()}
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        for name in _own_modules():
            del sys.modules[name]
        sys.modules.update(own)


def _own_modules() -> list[str]:
    return [name for name in sys.modules if name.partition(".")[0] == "latente"]


def _signature(pixels: int, latent_dim: int) -> ModelSignature:
    grey = np.dtype(np.float32)
    image, code = (-1, pixels), (-1, latent_dim)
    outputs = Schema([TensorSpec(grey, code, "code"), TensorSpec(grey, image, "reconstruction")])
    return ModelSignature(Schema([TensorSpec(grey, image)]), outputs)


def _register(client: MlflowClient, run: str, row: Row, model: str) -> str:
    """Register a logged model. Return its id, or the id of the model that another process registered before."""
    name = registered(row.model)
    try:
        client.create_registered_model(name, description=f"Codes and reconstructions by {row.model}.")
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    split = [row.params[f"split.{part}"] for part in _SPLIT]
    tags = {
        "weights": row.outputs["train"][1],
        "seed": str(row.seed),
        "score": str(_score(row)),
        "validated_on": json.dumps([*split, row.data]),
    }
    version = client.create_model_version(name, f"models:/{model}", run, tags, model_id=model)
    first = _versions(client, row)[0]
    if first.version != version.version:
        client.delete_model_version(name, version.version)
        client.delete_logged_model(model)
    return _logged(first)


def _alias(client: MlflowClient, row: Row, *, newest: bool) -> None:
    """Set the aliases: `newest`, and `best` for the version with the highest score.

    Scores are comparable only on the same images. Therefore `best` is a version of the largest split: a quick study on
    few images cannot replace a study on all images. Versions without our tags do not count: a person registered them,
    or another process will delete them soon.
    """
    name, own = registered(row.model), _versions(client, row)[0]
    if newest or "newest" not in client.get_registered_model(name).aliases:
        client.set_registered_model_alias(name, "newest", own.version)
    versions = client.search_model_versions(f"name = '{name}'", max_results=10_000)
    tagged = [(json.loads(version.tags["validated_on"]), version) for version in versions if _is_ours(version)]
    largest = max((split for split, _ in tagged), key=lambda split: split[:-1])
    comparable = [version for split, version in tagged if split == largest]
    best = max(comparable, key=lambda version: (float(version.tags["score"]), -int(version.version)))
    client.set_registered_model_alias(name, "best", best.version)


def _is_ours(version: ModelVersion) -> bool:
    return "validated_on" in version.tags


def _score(row: Row) -> float:
    """Validation ELBO in nats per image, or negative validation loss for a model without rate; higher is better."""
    return row.metrics.get("train.validation_elbo", -row.metrics["train.best_validation_loss"])
