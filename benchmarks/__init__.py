"""Comparisons with published numbers and with other software. A person runs them; they are not in the pipeline."""
