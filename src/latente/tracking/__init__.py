"""The tracking store. This is the only package that imports mlflow."""

import os

# mlflow reads these variables during its import.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_DISABLE_AGENT_HINT", "1")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")  # the address may contain a password
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")  # by default, mlflow retries for four minutes
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "15")
