"""Trained models as MLflow models: logged, registered, with an alias for the newest and for the best."""

import json
import tempfile
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

from latente import files, paths
from latente.data import idx, mnist
from latente.rows import Row
from latente.tree import Folder, Tree

REQUIREMENTS = ("jaxtyping", "mlflow", "numpy", "psutil", "pydantic", "ruamel.yaml", "safetensors", "torch")
"""What the code of a served model imports."""

_CODE = Path("src/latente")

_SPLIT = ("train", "validation", "seed")
_EXAMPLES = "t10k-images-idx3-ubyte"


def registered(model: str) -> str:
    """The name of a model in the registry."""
    return f"latente-{model}"


def log(client: MlflowClient, run: str, row: Row, tree: Tree) -> str | None:
    """Log and register the model of a row, unless its weights are registered already.

    Args:
        client: Of the store.
        run: Id of the row's run; it gets the model as an output.
        row: What was trained.
        tree: Where the weights, the images and the code are.

    Returns:
        The id of the logged model; none if its weights, as dvc.lock has them, or the images are not at hand.
    """
    known = _versions(client, row)
    model = _logged(known[0]) if known else _new(client, run, row, tree)
    if model is None:
        return None
    if not known:
        model = _register(client, run, row, model)
    _alias(client, row, newest=isinstance(tree, Folder))
    client.log_outputs(run, [LoggedModelOutput(model, step=0)])
    return model


def _versions(client: MlflowClient, row: Row) -> list[ModelVersion]:
    """The registered versions with the weights of a row, the oldest first."""
    _, digest = row.outputs["train"]
    found = client.search_model_versions(f"name = '{registered(row.model)}' and tags.weights = '{digest}'")
    return sorted(found, key=lambda version: int(version.version))


def _logged(version: ModelVersion) -> str:
    return str(version.source).removeprefix("models:/")


def _new(client: MlflowClient, run: str, row: Row, tree: Tree) -> str | None:
    weights, images = tree.read(paths.weights(row.model, row.seed)), tree.read(paths.raw() / _EXAMPLES)
    if weights is None or images is None or files.md5(weights) != row.outputs["train"][1]:
        return None
    params = {name: str(value) for name, value in row.params.items()}
    tags = {"weights": row.outputs["train"][1]}
    experiment = client.get_run(run).info.experiment_id
    model = client.create_logged_model(experiment, row.name, run, tags, params, model_type="autoencoder")
    about = Model(artifact_path=model.artifact_location, model_uuid=model.model_id, run_id=run, model_id=model.model_id)
    with tempfile.TemporaryDirectory() as folder:
        stored, example = Path(folder) / f"{row.name}.safetensors", Path(folder) / _EXAMPLES
        files.write(stored, weights)
        files.write(example, images)
        code = Path(folder) / "latente"  # as it was when the weights were made
        for source in tree.within(_CODE):
            if source.suffix == ".py":
                files.write(code / source.relative_to(_CODE), tree.read(source) or b"")
        save_model(
            Path(folder) / "model",
            mlflow_model=about,
            python_model=str(Path(__file__).with_name("served.py")),
            code_paths=[str(code)],
            artifacts={"weights": str(stored)},
            signature=_signature(int(str(row.params["study.latent_dim"]))),
            input_example=idx.read(example, ndim=3)[:2].reshape(2, mnist.PIXELS) / np.float32(255),
            pip_requirements=[f"{name}=={version(name).partition('+')[0]}" for name in REQUIREMENTS],
        )
        client.log_model_artifacts(model.model_id, str(Path(folder) / "model"))
    client.finalize_logged_model(model.model_id, "READY")
    return str(model.model_id)


def _signature(latent_dim: int) -> ModelSignature:
    grey = np.dtype(np.float32)
    image, code = (-1, mnist.PIXELS), (-1, latent_dim)
    outputs = Schema([TensorSpec(grey, code, "code"), TensorSpec(grey, image, "reconstruction")])
    return ModelSignature(Schema([TensorSpec(grey, image)]), outputs)


def _register(client: MlflowClient, run: str, row: Row, model: str) -> str:
    """Register a logged model; if another process was first with these weights, its model is the one."""
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
    made = client.create_model_version(name, f"models:/{model}", run, tags, model_id=model)
    first = _versions(client, row)[0]
    if first.version != made.version:
        client.delete_model_version(name, made.version)
        client.delete_logged_model(model)
    return _logged(first)


def _alias(client: MlflowClient, row: Row, *, newest: bool) -> None:
    """Say which version is the newest, and which has the highest score.

    Scores compare on the same images alone, so that a quick study on few images cannot take the place of a whole one:
    the best is that of the largest split. Versions without our tags do not count: a person registered them, or another
    process deletes them just now.
    """
    name, own = registered(row.model), _versions(client, row)[0]
    if newest or "newest" not in client.get_registered_model(name).aliases:
        client.set_registered_model_alias(name, "newest", own.version)
    found = client.search_model_versions(f"name = '{name}'", max_results=10_000)
    every = [(json.loads(each.tags["validated_on"]), each) for each in found if "validated_on" in each.tags]
    largest = max((split for split, _ in every), key=lambda split: split[:-1])
    alike = [each for split, each in every if split == largest]
    best = max(alike, key=lambda each: (float(each.tags["score"]), -int(each.version)))
    client.set_registered_model_alias(name, "best", best.version)


def _score(row: Row) -> float:
    """Validation ELBO in nats per image; for a model without a rate, which has none, its negative validation loss."""
    return row.metrics.get("train.validation_elbo", -row.metrics["train.best_validation_loss"])
