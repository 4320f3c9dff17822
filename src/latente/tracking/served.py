"""A trained model for MLflow. MLflow runs this file to load and serve the model; no pickle is needed."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from mlflow.exceptions import MlflowException
from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel, PythonModelContext

from latente.models.network import weights


class Coder(PythonModel):
    """The model that encodes and reconstructs a batch of images."""

    def load_context(self, context: PythonModelContext) -> None:
        """Load the weights from a safetensors file."""
        self._net = weights.load(Path(context.artifacts["weights"]))

    def predict(
        self,
        context: PythonModelContext,  # noqa: ARG002 (MLflow's signature)
        model_input: np.ndarray,
        params: dict[str, Any] | None = None,  # noqa: ARG002 (MLflow's signature)
    ) -> dict[str, np.ndarray]:
        """Encode images and decode their codes.

        Args:
            context: Unused.
            model_input: Grey levels in [0, 1], images x pixels; the pixels of an image are row by row.
            params: Unused.

        Returns:
            `code`: images x latent_dim, the posterior means; `reconstruction`: images x pixels, in [0, 1].

        Raises:
            MlflowException: The shape or the values of the images are wrong; the server answers 400.
        """
        pixels = np.asarray(model_input, dtype=np.float32)
        if pixels.ndim != 2 or pixels.shape[1] != (count := self._net.sizes.pixels):
            raise MlflowException.invalid_parameter_value(f"images must be images x {count}, not {pixels.shape}")
        if not ((pixels >= 0) & (pixels <= 1)).all():
            raise MlflowException.invalid_parameter_value("grey levels must lie in [0, 1]; divide bytes by 255")
        with torch.no_grad():
            code = self._net.posterior(torch.from_numpy(pixels)).mean
            return {"code": code.numpy(), "reconstruction": self._net.decode(code).sigmoid().numpy()}


set_model(Coder())
