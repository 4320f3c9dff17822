"""The tracking store: the only package that imports mlflow."""
